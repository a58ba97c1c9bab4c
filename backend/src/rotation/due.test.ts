import { describe, expect, it } from 'vitest'

import { makeKey } from '../../test/support/store.ts'
import { defaultSettings, type ProxyKey, type Settings } from '../contract/index.ts'
import { nextRotation } from './due.ts'

const refused = { at: '2026-01-01T00:00:00.000Z', code: 'key_expired', message: 'It ran out.' } as const

const at = (text: string) => `2026-01-01T${text}.000Z`
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
    ['on the interval', {}, interval(10), ['interval', '10:10:00']],
    ['on the interval for an upstream without an end', { expiration_at: null }, interval(10), ['interval', '10:10:00']],
    [
      'on the interval with expiry off',
      {},
      { ...interval(10), auto_rotate_on_expiration: false },
      ['interval', '10:10:00'],
    ],
    ['on an interval that is over just before the end', {}, interval(19), ['interval', '10:19:00']],
    ['before the end when the interval is longer', {}, interval(30), ['expiration', '10:19:00']],
    [
      'before the end when the interval is longer and expiry is off',
      {},
      { ...interval(30), auto_rotate_on_expiration: false },
      ['expiration', '10:19:00'],
    ],
    ['at the end of the cooldown when the interval is shorter', {}, { ...interval(2) }, ['interval', '10:02:00']],
    [
      'from creation where there was no rotation yet',
      { last_rotated_at: null, created_at: at('10:05:00') },
      interval(10),
      ['interval', '10:15:00'],
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
    const due = nextRotation(makeKey(1, { ...base, ...key }), { ...defaultSettings, ...settings })

    if (expected === null) expect(due).toBeNull()
    else expect(due).toEqual({ reason: expected[0], at: expected[1] === '00:00:00' ? 0 : ms(expected[1]) })
  })
})
