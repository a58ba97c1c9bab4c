import { setImmediate as nextRound } from 'node:timers/promises'

import pino from 'pino'
import { describe, expect, it } from 'vitest'

import { ManualClock } from '../../../test/support/manual-clock.ts'
import { Admission, type Guest, type Ticket } from './admission.ts'

/** Someone who remembers how he was turned away. */
class Caller implements Guest {
  status: number | null = null

  turnAway(status: 429 | 503): void {
    this.status = status
  }
}

interface Entry {
  caller: Caller
  ticket: Ticket | null
}

function openDoor(max: number) {
  const clock = new ManualClock()
  const lines: string[] = []
  const log = pino({ base: null }, { write: (line: string) => lines.push(line) })
  const admission = new Admission({ clock, log, max })
  const enter = (address: string, count = 1): Entry[] =>
    Array.from({ length: count }, () => {
      const caller = new Caller()
      const ticket = admission.enter(address)
      if (ticket === null) caller.turnAway(503)
      else ticket.passTo(caller, address)
      return { caller, ticket }
    })
  const enterEach = (count: number): Entry[] =>
    Array.from({ length: count }, (_, index) => enter(`192.0.2.${index}`)).flat()
  return { admission, clock, lines, enter, enterEach }
}

const statuses = (entries: readonly Entry[]) => entries.map(({ caller }) => caller.status)
const admit = (entries: readonly Entry[]) => entries.forEach(({ ticket }) => ticket?.admit())

/** Lets the look at all strangers come about, which waits until what they have sent was read. */
async function look(): Promise<void> {
  for (let round = 0; round < 3; round++) await nextRound()
}

describe('admission', () => {
  it('counts a connection from its accept to its end, and as a stranger until it is admitted', () => {
    const { admission, enterEach } = openDoor(1_000)
    const [first, second] = enterEach(2)

    expect([admission.open, admission.strangers]).toEqual([2, 2])
    first?.ticket?.admit()
    expect([admission.open, admission.strangers, first?.ticket?.isStranger]).toEqual([2, 1, false])
    first?.ticket?.end()
    second?.ticket?.end()
    expect([admission.open, admission.strangers]).toEqual([0, 0])
  })

  it('counts nothing twice', () => {
    const { admission, enterEach } = openDoor(1_000)
    const [entry] = enterEach(2)

    entry?.ticket?.admit()
    entry?.ticket?.admit()
    entry?.ticket?.end()
    entry?.ticket?.end()
    entry?.ticket?.admit()

    expect([admission.open, admission.strangers]).toEqual([1, 1])
  })

  it('notes when each came, by the clock that never jumps', async () => {
    const { clock, enter } = openDoor(1_000)
    await clock.advance(5_000)
    clock.jump(-3_600_000)

    expect(enter('192.0.2.1')[0]?.ticket?.at).toBe(clock.monotonic())
  })

  it.each<[string, string[]]>([
    ['an IPv4 address', ['192.0.2.1']],
    ['an IPv4 address that is written in two ways', ['192.0.2.1', '::ffff:192.0.2.1', '::FFFF:c000:201']],
    ['a /64 of IPv6', ['2001:db8::1', '2001:db8::ffff:1', '2001:DB8:0:0:1::']],
  ])('gives less time to the 65th stranger of %s', (_, addresses) => {
    const { enter } = openDoor(10_000)

    const entries = Array.from({ length: 66 }, (__, index) => enter(addresses[index % addresses.length] ?? '')).flat()

    expect(entries.map(({ ticket }) => ticket?.isExtra)).toEqual([
      ...Array.from({ length: 64 }, () => false),
      true,
      true,
    ])
    expect(enter('2001:db8:0:1::1')[0]?.ticket?.isExtra).toBe(false)
  })

  it('has room again for an address when one of it leaves or is admitted', () => {
    const { enter } = openDoor(10_000)
    const [first, second] = enter('192.0.2.1', 64)

    first?.ticket?.end()
    second?.ticket?.admit()

    expect(enter('192.0.2.1', 3).map(({ ticket }) => ticket?.isExtra)).toEqual([false, false, true])
  })

  it('lets strangers be a quarter of all: the oldest goes, once what it sent was read', async () => {
    const { admission, enterEach } = openDoor(100)

    const entries = enterEach(28)
    expect(statuses(entries)).toEqual(Array.from({ length: 28 }, () => null))
    await look()

    expect(statuses(entries)).toEqual([503, 503, 503, ...Array.from({ length: 25 }, () => null)])
    expect([admission.open, admission.strangers]).toEqual([25, 25])
  })

  it('lets 16 be strangers at least', async () => {
    const { enterEach } = openDoor(20)

    const entries = enterEach(17)
    await look()

    expect(statuses(entries).filter((status) => status !== null)).toEqual([503])
  })

  it('turns nobody away who was admitted meanwhile', async () => {
    const { admission, enterEach } = openDoor(100)

    const entries = enterEach(28)
    admit(entries.slice(0, 3))
    await look()

    expect(statuses(entries)).toEqual(Array.from({ length: 28 }, () => null))
    expect([admission.open, admission.strangers]).toEqual([28, 25])
  })

  it('turns first away who comes from an address with too many', async () => {
    const { enter } = openDoor(280)

    const single = enter('192.0.2.2')
    const many = enter('192.0.2.1', 66)
    const late = enter('192.0.2.3', 4)
    await look()

    expect(statuses(single)).toEqual([null])
    expect(statuses(many)).toEqual([...Array.from({ length: 64 }, () => null), 429, null])
    expect(statuses(late)).toEqual([null, null, null, null])
  })

  it('gives the place of the oldest stranger to who comes when all are taken', async () => {
    const { admission, enterEach, enter } = openDoor(20)
    const strangers = enterEach(2)
    admit(enterEach(18))
    // Nobody who came just now, of whom nothing was read yet.
    expect(enter('198.51.100.1')).toMatchObject([{ ticket: null, caller: { status: 503 } }])
    await look()

    const [next] = enter('198.51.100.2')

    expect(statuses(strangers)).toEqual([503, null])
    expect(next?.caller.status).toBeNull()
    expect(admission.open).toBe(20)
  })

  it('has no place for strangers when all are taken by others', async () => {
    const { admission, enterEach, enter } = openDoor(20)
    admit(enterEach(20))
    await look()

    expect(enter('198.51.100.1')).toMatchObject([{ ticket: null, caller: { status: 503 } }])
    expect(admission.open).toBe(20)
  })

  it('says once a minute that all are taken', async () => {
    const { clock, lines, enterEach, enter } = openDoor(20)
    admit(enterEach(20))

    enter('198.51.100.1', 5)
    await clock.advance(59_999)
    enter('198.51.100.1')
    expect(lines.length).toBe(1)
    await clock.advance(1)
    enter('198.51.100.1', 2)

    expect(lines.length).toBe(2)
    expect(lines[0]).toContain('too many connections')
  })
})

describe('a ticket that is passed to another object', () => {
  it('turns that one away, and counts for the address of its client', () => {
    const { enter } = openDoor(10_000)
    enter('192.0.2.1', 64)
    const [entry] = enter('198.51.100.1')
    const next = new Caller()

    entry?.ticket?.passTo(next, '192.0.2.1')
    expect(entry?.ticket?.isExtra).toBe(true)
    entry?.ticket?.turnAway(429)

    expect([next.status, entry?.caller.status]).toEqual([429, null])
  })

  it('keeps its place where the address is the same', () => {
    const { enter, admission } = openDoor(10_000)
    const [first] = enter('2001:db8::1', 65)

    first?.ticket?.passTo(new Caller(), '2001:db8::2')

    expect([first?.ticket?.isExtra, admission.strangers]).toEqual([false, 65])
  })

  it('is no stranger again', () => {
    const { enter, admission } = openDoor(10_000)
    const [entry] = enter('192.0.2.1')
    entry?.ticket?.admit()

    entry?.ticket?.passTo(new Caller(), '198.51.100.1')

    expect([admission.open, admission.strangers]).toEqual([1, 0])
  })

  it('ends when it is turned away', () => {
    const { enter, admission } = openDoor(10_000)
    const [entry] = enter('192.0.2.1')

    entry?.ticket?.turnAway(503)
    entry?.ticket?.end()

    expect([admission.open, admission.strangers]).toEqual([0, 0])
  })
})
