import { describe, expect, it } from 'vitest'

import { systemClock } from '../../lib/clock.ts'
import { silentLog } from '../../lib/log.ts'
import { Admission, type Ticket } from './admission.ts'

const quiet = { turnAway() {} }

function enter(admission: Admission, address: string): Ticket {
  const ticket = admission.enter(quiet, address)
  if (ticket === null) throw new Error('there was no place')
  return ticket
}

describe('strangers are counted', () => {
  const start = () => new Admission({ clock: systemClock, log: silentLog, max: 4_000 })

  it.each<[string, (index: number) => string, number]>([
    ['by IPv4 address', () => '192.0.2.1', 36],
    ['apart for each IPv4 address', (index) => `192.0.2.${index}`, 0],
    ['by IPv4 address, written as IPv6 or not', (index) => (index % 2 ? '192.0.2.1' : '::ffff:192.0.2.1'), 36],
    ['by /64 of IPv6', (index) => `2001:db8:0:1::${index.toString(16)}`, 36],
    ['by /64 of IPv6, in whatever spelling', (index) => (index % 2 ? '2001:DB8::1:0:0:0:5' : '2001:db8:0:1::6'), 36],
    ['apart for each /64', (index) => `2001:db8:0:${index.toString(16)}::1`, 0],
  ])('%s', (_, addressOf, extras) => {
    const admission = start()

    const tickets = Array.from({ length: 100 }, (_none, index) => enter(admission, addressOf(index)))

    expect(tickets.filter(({ isExtra }) => isExtra)).toHaveLength(extras)
  })

  it('until they are admitted or gone, and by the address that a PROXY header tells', () => {
    const admission = start()
    const tickets = Array.from({ length: 65 }, () => enter(admission, '192.0.2.1'))
    expect(tickets[64]?.isExtra).toBe(true)

    tickets[0]?.admit()
    tickets[1]?.end()
    tickets[2]?.passTo(quiet, '2001:db8::1')

    expect([admission.open, admission.strangers]).toEqual([64, 63])
    const next = [1, 2, 3].map(() => enter(admission, '192.0.2.1').isExtra)
    expect(next).toEqual([false, false, true])
  })
})
