import { describe, expect, it } from 'vitest'

import type { Lease, MissingLease, Route } from '../table.ts'
import { failure, type FailureKind } from './failure.ts'
import { nextUpstream, type Decision } from './next-upstream.ts'

const lease = (leaseId: string): Lease => ({
  kind: 'available',
  leaseId,
  host: '192.0.2.1',
  port: 8000,
  protocol: 'http',
  credentials: null,
  endsAt: null,
})
const missing: MissingLease = { kind: 'missing', message: 'no key.', retryAfterSeconds: 7 }
const route = (upstream: Lease | MissingLease, isRotating: boolean, isExpected: boolean): Route => ({
  id: 1,
  name: 'proxy1',
  port: 1,
  access: { username: 'proxy1', tokenHash: '', networks: [], addresses: [], asksAlways: false },
  localAddress: null,
  upstream,
  isRotating,
  isExpected,
  limits: { holdMs: 0, drainMs: 0, idleDrainMs: 0, tunnelIdleMs: 0 },
})

const unreachable: FailureKind[] = ['refused', 'timeout', 'broken', 'untrusted']
const others: FailureKind[] = ['denied', 'nonsense', 'target', 'missing', 'overloaded']
const failed = (kind: FailureKind) => failure(kind, 502, `it was ${kind}`)
const places = [false, true].flatMap((isRotating) =>
  [false, true].map((isExpected) => [isRotating, isExpected] as const),
)

/** Every state of a route: whether it rotates, whether an upstream is expected. */
function eachState(check: (isRotating: boolean, isExpected: boolean) => void): void {
  for (const [isRotating, isExpected] of places) check(isRotating, isExpected)
}

describe('work that was not tried yet', () => {
  it('goes to the lease of the key, whatever else holds', () => {
    const present = lease('a')

    eachState((isRotating, isExpected) => {
      const decision = nextUpstream(route(present, isRotating, isExpected), present, null)
      expect(decision).toEqual({ kind: 'go', lease: present })
    })
  })

  it.each<[boolean, boolean, Decision['kind']]>([
    [false, false, 'bar'],
    [false, true, 'wait'],
    [true, false, 'wait'],
    [true, true, 'wait'],
  ])('without a lease (rotating: %s, expected: %s): %s, told by the route', (isRotating, isExpected, kind) => {
    const text = 'proxy1: no key. Try again in 7 s.'

    expect(nextUpstream(route(missing, isRotating, isExpected), null, null)).toEqual({
      kind,
      failure: failure('missing', 503, text, 7),
    })
  })

  it('is told no time where there is none', () => {
    const upstream: MissingLease = { ...missing, retryAfterSeconds: null }

    expect(nextUpstream(route(upstream, false, false), null, null)).toEqual({
      kind: 'bar',
      failure: failure('missing', 503, 'proxy1: no key.'),
    })
  })

  it('is told so where the lease of the route is over', () => {
    const decision = nextUpstream(route(lease('a'), false, false), null, null)

    expect(decision).toMatchObject({ kind: 'bar', failure: { kind: 'missing', status: 503, retryAfterSeconds: 10 } })
  })
})

describe('work that failed on a lease', () => {
  it.each([...unreachable, ...others])('goes on to another lease at once (%s), whatever else holds', (kind) => {
    const present = lease('b')

    eachState((isRotating, isExpected) => {
      for (const attempts of [1, 4]) {
        const tried = { leaseId: 'a', failure: failed(kind), attempts }
        const decision = nextUpstream(route(present, isRotating, isExpected), present, tried)
        expect(decision).toEqual({ kind: 'go', lease: present })
      }
    })
  })

  it.each([...unreachable, ...others])(
    'waits without a lease where one can come (%s), or is told that there is none',
    (kind) => {
      eachState((isRotating, isExpected) => {
        const tried = { leaseId: 'a', failure: failed(kind), attempts: 1 }
        const decision = nextUpstream(route(missing, isRotating, isExpected), null, tried)
        expect(decision).toMatchObject({
          kind: isRotating || isExpected ? 'wait' : 'bar',
          failure: { kind: 'missing' },
        })
      })
    },
  )

  it.each(unreachable)('waits for the next while a rotation is under way (%s), else is barred', (kind) => {
    const present = lease('a')
    const tried = { leaseId: 'a', failure: failed(kind), attempts: 1 }

    eachState((isRotating, isExpected) => {
      const decision = nextUpstream(route(present, isRotating, isExpected), present, tried)
      expect(decision).toEqual({ kind: isRotating ? 'wait' : 'bar', failure: tried.failure })
    })
  })

  it.each(others)('is barred where another upstream would not help (%s)', (kind) => {
    const present = lease('a')
    const tried = { leaseId: 'a', failure: failed(kind), attempts: 1 }

    eachState((isRotating, isExpected) => {
      const decision = nextUpstream(route(present, isRotating, isExpected), present, tried)
      expect(decision).toEqual({ kind: 'bar', failure: tried.failure })
    })
  })

  it.each([...unreachable, ...others])('is barred after five attempts (%s), whatever else holds', (kind) => {
    const tried = { leaseId: 'a', failure: failed(kind), attempts: 5 }

    eachState((isRotating, isExpected) => {
      for (const present of [null, lease('a'), lease('b')]) {
        const decision = nextUpstream(route(present ?? missing, isRotating, isExpected), present, tried)
        expect(decision).toEqual({ kind: 'bar', failure: tried.failure })
      }
    })
  })
})
