import { expect, it } from 'vitest'

import { statusOf, type KeyFacts, type KeyStatus } from './key-status.ts'

const actives = [true, false]
const rotations = [true, false]
const refusals = [null, {}]
const upstreams = [null, '127.0.0.1:9']
const rotated = [null, '2026-01-01T00:00:00.000Z']
const reaches = [null, true, false]

/** Every combination, as it reads in words: what stands first decides. */
const table: readonly [when: (facts: KeyFacts & { isRotating: boolean }) => boolean, status: KeyStatus][] = [
  [({ is_active }) => !is_active, 'inactive'],
  [({ isRotating }) => isRotating, 'rotating'],
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
  [{ refused: {} }, false, 'invalid'],
  [{ refused: {}, remote_http: null }, true, 'rotating'],
  [{ refused: {}, is_active: false }, true, 'inactive'],
])('of a good key but for %o, rotating: %s, is %s', (change, isRotating, expected) => {
  const good = { is_active: true, refused: null, remote_http: 'x:1', last_rotated_at: 'then', reachable: null }

  expect(statusOf({ ...good, ...change }, isRotating)).toBe(expected)
})
