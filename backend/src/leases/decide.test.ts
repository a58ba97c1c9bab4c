import { describe, expect, it } from 'vitest'

import { toTimestamp } from '../lib/clock.ts'
import type { ProviderReply, Upstream } from '../providers/provider.ts'
import { decide, isUnclear, nothingHeld, type Decision, type Held } from './decide.ts'

const now = Date.UTC(2026, 0, 1, 10)
const minute = 60_000
const hour = 60 * minute

const upstream = (changes: Partial<Upstream> = {}): ProviderReply => ({
  kind: 'upstream',
  upstream: {
    http: '203.0.113.1:8080',
    socks5: null,
    exitIp: '203.0.113.1',
    location: 'Huế',
    expiresAt: now + 20 * minute,
    nextRotationAt: now + 2 * minute,
    ttlSeconds: 1200,
    cooldownSeconds: 120,
    ...changes,
  },
})

const held = (changes: Partial<Held> = {}): Held => ({
  remote_http: '203.0.113.1:8080',
  remote_ip: '203.0.113.1',
  expiration_at: toTimestamp(now + 20 * minute),
  lateMs: 0,
  ...changes,
})

/** What a key can hold, and what may be wrong with what we know of it. */
const holdings = {
  nothing: nothingHeld,
  'one with an end': held(),
  'one without an end': held({ expiration_at: null }),
  'one that is over': held({ expiration_at: toTimestamp(now - minute) }),
  'one whose end may be an hour too late': held({ expiration_at: toTimestamp(now + 20 * minute + hour), lateMs: hour }),
}
type Holding = keyof typeof holdings

/** Where one word stands for all holdings, it is the same whatever is held. */
const cases: [name: string, reply: ProviderReply, expected: Decision['kind'] | Record<Holding, string>][] = [
  [
    'the upstream with this end',
    upstream(),
    {
      nothing: 'adopt',
      'one with an end': 'confirm',
      'one without an end': 'adopt',
      'one that is over': 'adopt',
      'one whose end may be an hour too late': 'confirm',
    },
  ],
  [
    'the same a few seconds later',
    upstream({ expiresAt: now + 20 * minute + 14_000 }),
    {
      nothing: 'adopt',
      'one with an end': 'confirm',
      'one without an end': 'adopt',
      'one that is over': 'adopt',
      'one whose end may be an hour too late': 'confirm',
    },
  ],
  [
    'the same address with another end',
    upstream({ expiresAt: now + 21 * minute }),
    {
      nothing: 'adopt',
      'one with an end': 'adopt',
      'one without an end': 'adopt',
      'one that is over': 'adopt',
      'one whose end may be an hour too late': 'adopt',
    },
  ],
  [
    'the same address with the end that was thought',
    upstream({ expiresAt: now + 20 * minute + hour }),
    {
      nothing: 'adopt',
      'one with an end': 'adopt',
      'one without an end': 'adopt',
      'one that is over': 'adopt',
      'one whose end may be an hour too late': 'confirm',
    },
  ],
  [
    'the upstream without an end',
    upstream({ expiresAt: null }),
    {
      nothing: 'adopt',
      'one with an end': 'adopt',
      'one without an end': 'confirm',
      'one that is over': 'adopt',
      'one whose end may be an hour too late': 'adopt',
    },
  ],
  ['another exit without an end', upstream({ expiresAt: null, exitIp: '203.0.113.2' }), 'adopt'],
  ['another address', upstream({ http: '203.0.113.2:8080' }), 'adopt'],
  [
    'an upstream that is over',
    upstream({ expiresAt: now - minute }),
    {
      nothing: 'retry',
      'one with an end': 'retry',
      'one without an end': 'retry',
      'one that is over': 'confirm',
      'one whose end may be an hour too late': 'retry',
    },
  ],
  ['none', { kind: 'none' }, 'retry'],
  ['a cooldown', { kind: 'cooldown', retryAfterMs: minute }, 'wait'],
  ['a cooldown without an end', { kind: 'cooldown', retryAfterMs: null }, 'wait'],
  ['a refusal', { kind: 'key_rejected', code: 'key_expired', message: 'It ran out.' }, 'refuse'],
  ['that nothing is in stock', { kind: 'out_of_stock', message: 'Sold out.' }, 'retry'],
  ['nothing that can be understood', { kind: 'unavailable', message: 'No.', retryAfterMs: null }, 'retry'],
]

describe.each(cases)('on %s', (_, reply, expected) => {
  const rows = Object.keys(holdings) as Holding[]

  it.each(rows.map((holding) => [typeof expected === 'string' ? expected : expected[holding], holding] as const))(
    'it is %s for a key that holds %s',
    (kind, holding) => {
      expect(decide(holdings[holding], reply, now).kind).toBe(kind)
    },
  )
})

describe('what is decided', () => {
  const of = (reply: ProviderReply, what: Held = held()) => decide(what, reply, now)
  const at = (ms: number) => toTimestamp(now + ms)

  it('brings the fields of the upstream', () => {
    const fields = {
      remote_http: '203.0.113.1:8080',
      remote_ip: '203.0.113.1',
      expiration_at: at(20 * minute),
      ttl: 1200,
    }

    expect(of(upstream(), nothingHeld)).toMatchObject({ kind: 'adopt', fields })
    expect(of(upstream())).toMatchObject({ kind: 'confirm', fields, isOver: false })
  })

  it.each([
    ['as long as it says', 2 * minute, 2 * minute],
    ['5 s at least', -minute, 5_000],
    ['an hour at most', 3 * hour, hour],
    ['30 s where it does not say', null, 30_000],
  ])('waits after a cooldown %s', (_, saidMs, waitMs) => {
    const nextRotationAt = saidMs === null ? null : now + saidMs

    expect(of({ kind: 'cooldown', retryAfterMs: saidMs })).toEqual({ kind: 'wait', until: at(waitMs) })
    expect(of(upstream({ nextRotationAt }))).toMatchObject({ kind: 'confirm', until: at(waitMs) })
  })

  it('says of a held upstream that it is over', () => {
    const over = { expiresAt: now - minute }

    expect(of(upstream(over), held({ expiration_at: at(-minute) }))).toMatchObject({ kind: 'confirm', isOver: true })
  })

  it.each([
    [{ kind: 'none' }, 'none', 'The provider gave no upstream.', null, false],
    [{ kind: 'out_of_stock', message: 'Sold out.' }, 'out_of_stock', 'Sold out.', null, false],
    [{ kind: 'unavailable', message: 'No.', retryAfterMs: 7 }, 'unavailable', 'No.', 7, true],
    [upstream({ expiresAt: now }), 'ended', 'The provider gave an upstream that has already ended.', null, false],
  ] as const)('tells why it is worth another try (%j)', (reply, cause, message, waitMs, isOpen) => {
    const decision = of(reply, nothingHeld)

    expect(decision).toEqual({ kind: 'retry', cause, message, waitMs })
    expect(isUnclear(decision)).toBe(isOpen)
  })

  it('keeps the code of a refusal', () => {
    const refusal = { code: 'key_unknown', message: 'Nobody knows it.' } as const

    expect(of({ kind: 'key_rejected', ...refusal })).toEqual({ kind: 'refuse', ...refusal })
  })
})
