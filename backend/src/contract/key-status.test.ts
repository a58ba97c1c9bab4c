import { expect, it } from 'vitest'

import { reasonOf, statusOf, type KeyFacts, type KeyStatus, type StatusReason, type Trouble } from './key-status.ts'

const actives = [true, false]
const rotations = [true, false]
const refusals = [null, { code: 'key_expired' }, { code: 'key_unknown' }, { code: 'key_rejected' }] as const
const upstreams = [null, '127.0.0.1:9']
const rotated = [null, '2026-01-01T00:00:00.000Z']
const reaches = [null, true, false]

/** Every combination, as it reads in words: what stands first decides. */
const table: readonly [when: (facts: KeyFacts & { isRotating: boolean }) => boolean, status: KeyStatus][] = [
  [({ is_active }) => !is_active, 'inactive'],
  [({ isRotating }) => isRotating, 'rotating'],
  [({ refused }) => refused?.code === 'key_expired', 'key_expired'],
  [({ refused }) => refused?.code === 'key_unknown', 'key_unknown'],
  [({ refused }) => refused !== null, 'invalid'],
  [({ remote_http, last_rotated_at }) => remote_http === null && last_rotated_at === null, 'pending'],
  [({ remote_http }) => remote_http === null, 'expired'],
  [({ reachable }) => reachable === false, 'unreachable'],
  [() => true, 'active'],
]

const combinations = actives.flatMap((is_active) =>
  rotations.flatMap((isRotating) =>
    refusals.flatMap((refused) =>
      upstreams.flatMap((remote_http) =>
        rotated.flatMap((last_rotated_at) =>
          reaches.map((reachable) => ({ is_active, isRotating, refused, remote_http, last_rotated_at, reachable })),
        ),
      ),
    ),
  ),
)

it.each(combinations)('follows from the facts %o', (facts) => {
  const [, expected] = table.find(([when]) => when(facts)) ?? []

  expect(statusOf(facts, facts.isRotating)).toBe(expected)
})

it.each<[Partial<KeyFacts>, boolean, KeyStatus]>([
  [{}, false, 'active'],
  [{ reachable: false }, false, 'unreachable'],
  [{ reachable: false }, true, 'rotating'],
  [{ remote_http: null }, false, 'expired'],
  [{ remote_http: null, last_rotated_at: null }, false, 'pending'],
  [{ refused: { code: 'key_rejected' } }, false, 'invalid'],
  [{ refused: { code: 'key_expired' }, remote_http: null }, false, 'key_expired'],
  [{ refused: { code: 'key_unknown' }, remote_http: null }, true, 'rotating'],
  [{ refused: { code: 'key_unknown' }, is_active: false }, true, 'inactive'],
])('of a good key but for %o, rotating: %s, is %s', (change, isRotating, expected) => {
  const good = { is_active: true, refused: null, remote_http: 'x:1', last_rotated_at: 'then', reachable: null }

  expect(statusOf({ ...good, ...change }, isRotating)).toBe(expected)
})

const now = '2026-01-01T12:00:00.000Z'
const soon = '2026-01-01T12:01:00.000Z'
const past = '2026-01-01T11:59:00.000Z'
const trouble: Trouble = { code: 'out_of_stock', retryAt: soon }
type Row = KeyFacts & { next_request_at: string | null }

it.each<[string, Partial<Row>, Trouble | null, StatusReason | null, string | null]>([
  ['nothing is wrong', {}, null, null, null],
  ['it cools, which is no trouble', { next_request_at: soon }, null, null, null],
  ['the last call failed, though it works', {}, trouble, 'out_of_stock', soon],
  [
    'the last call failed and it has no upstream',
    { remote_http: null, next_request_at: soon },
    trouble,
    'out_of_stock',
    soon,
  ],
  ['it waits for the cooldown', { remote_http: null, next_request_at: soon }, null, 'cooldown', soon],
  ['the cooldown is over', { remote_http: null, next_request_at: past }, null, null, null],
  ['its check failed', { reachable: false, next_request_at: past }, null, 'check_failed', null],
  ['its check failed while it cools', { reachable: false, next_request_at: soon }, null, 'check_failed', soon],
  ['it ran out', { refused: { code: 'key_expired' } }, trouble, 'key_expired', null],
  ['it is unknown', { refused: { code: 'key_unknown' }, remote_http: null }, null, 'key_unknown', null],
  ['it is refused', { refused: { code: 'key_rejected' }, reachable: false }, null, 'key_rejected', null],
  ['it is paused', { is_active: false, refused: { code: 'key_expired' }, reachable: false }, trouble, null, null],
])('gives the reason and the time of the next try where %s', (_, change, failure, reason, retry_at) => {
  const good = { is_active: true, refused: null, remote_http: 'x:1', last_rotated_at: past, reachable: true }

  expect(reasonOf({ ...good, next_request_at: null, ...change }, failure, now)).toEqual({ reason, retry_at })
})
