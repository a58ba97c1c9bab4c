import { describe, expect, it } from 'vitest'

import { makeKey } from '../../test/support/store.ts'
import { defaultSettings, type ProxyKey, type Settings } from '../contract/index.ts'
import { nextRotation } from './due.ts'
import { nextTurn } from './timed-turn.ts'

const refused = { at: '2026-01-01T00:00:00.000Z', code: 'key_expired', message: 'It ran out.' } as const

const at = (text: string) => `2026-01-01T${text}${text.includes('.') ? '' : '.000'}Z`
const ms = (text: string) => Date.parse(at(text))

const base: Partial<ProxyKey> = {
  last_rotated_at: at('10:00:00'),
  expiration_at: at('10:20:00'),
  next_request_at: at('10:02:00'),
  ttl: 1200,
}
const interval = (minutes: number): Partial<Settings> => ({
  auto_rotate_interval_enabled: true,
  auto_rotate_interval_minutes: minutes,
})
const clockOf = (time: number) => new Date(time).toISOString().slice(11, -1)
const turnAfter = (minutes: number, text: string) => clockOf(nextTurn(1, minutes * 60_000, ms(text)))
const gone = { remote_http: null }

const cases: [name: string, key: Partial<ProxyKey>, settings: Partial<Settings>, expected: [string, string] | null][] =
  [
    ['one minute before the end', {}, {}, ['expiration', '10:19:00']],
    [
      'at half the life of a short upstream',
      { expiration_at: at('10:01:00'), ttl: 60, next_request_at: null },
      {},
      ['expiration', '10:00:30'],
    ],
    ['not before the cooldown ends', { next_request_at: at('10:25:00') }, {}, ['expiration', '10:25:00']],
    ['never for an upstream without an end', { expiration_at: null }, {}, null],
    ['never with expiry off', {}, { auto_rotate_on_expiration: false }, null],
    ['at its turn in the interval', {}, interval(10), ['interval', turnAfter(10, '10:05:00')]],
    [
      'at its turn for an upstream without an end',
      { expiration_at: null },
      interval(10),
      ['interval', turnAfter(10, '10:05:00')],
    ],
    [
      'at its turn with expiry off',
      {},
      { ...interval(10), auto_rotate_on_expiration: false },
      ['interval', turnAfter(10, '10:05:00')],
    ],
    ['before the end when the next turn is later', {}, interval(60), ['expiration', '10:19:00']],
    [
      'before the end when the next turn is later and expiry is off',
      {},
      { ...interval(60), auto_rotate_on_expiration: false },
      ['expiration', '10:19:00'],
    ],
    [
      'before the end when its turn is in the last minute',
      { expiration_at: new Date(ms(turnAfter(10, '10:05:00')) + 30_000).toISOString() },
      interval(10),
      ['expiration', clockOf(ms(turnAfter(10, '10:05:00')) - 30_000)],
    ],
    [
      'at the end of the cooldown when its turn is earlier',
      { next_request_at: at('10:05:00') },
      interval(2),
      ['interval', '10:05:00'],
    ],
    [
      'at its first turn after it was added, however soon',
      { last_rotated_at: at('10:05:00'), created_at: at('10:05:00') },
      interval(10),
      ['interval', turnAfter(10, '10:05:00')],
    ],
    [
      'at its first turn after it was added where there was no rotation yet',
      { last_rotated_at: null, created_at: at('10:05:00') },
      interval(10),
      ['interval', turnAfter(10, '10:05:00')],
    ],
    ['at once without an upstream', { ...gone, next_request_at: null }, {}, ['expiration', '00:00:00']],
    ['at the end of the cooldown without an upstream', gone, {}, ['expiration', '10:02:00']],
    [
      'at once for a key that never had one',
      { ...gone, next_request_at: null, last_rotated_at: null },
      { auto_rotate_on_expiration: false },
      ['first', '00:00:00'],
    ],
    ['never without an upstream when all is off', gone, { auto_rotate_on_expiration: false }, null],
    ['never for a paused key', { is_active: false }, {}, null],
    ['never for a refused key', { refused }, {}, null],
  ]

describe('nextRotation', () => {
  it.each(cases)('is %s', (_, key, settings, expected) => {
    const due = nextRotation(makeKey(1, { ...base, ...key }), { ...defaultSettings, ...settings }, 0)

    if (expected === null) expect(due).toBeNull()
    else expect(due).toEqual({ reason: expected[0], at: expected[1] === '00:00:00' ? 0 : ms(expected[1]) })
  })

  it('leaves out the turns before timed rotation began to hold', () => {
    const key = makeKey(1, { ...base, last_rotated_at: at('08:00:00'), expiration_at: null })
    const settings = { ...defaultSettings, ...interval(10) }

    const due = nextRotation(key, settings, ms('10:00:00'))

    expect(due).toEqual({ reason: 'interval', at: ms(turnAfter(10, '10:00:00')) })
  })
})
