import type { TrafficCounters, TrafficTotals } from '../contract/index.ts'
import { toTimestamp } from '../lib/clock.ts'
import type { Member, Roster } from '../lib/roster.ts'

/** Refusal is why work was turned away at a bound or at the door. */
export type Refusal =
  | 'credentials'
  | 'malformed'
  | 'head_too_large'
  | 'head_too_slow'
  | 'too_many_connections'
  | 'upstream'

export const refusals: readonly Refusal[] = [
  'credentials',
  'malformed',
  'head_too_large',
  'head_too_slow',
  'too_many_connections',
  'upstream',
]

interface CountedConnection extends Member {
  socket: { bytesRead: number; bytesWritten: number }
  openTunnel: object | null
}

/** Counters of one endpoint since the start of the process. They only grow. */
export class Counters {
  requests = 0
  bytesIn = 0
  bytesOut = 0
  readonly refused: Record<Refusal, number> = {
    credentials: 0,
    malformed: 0,
    head_too_large: 0,
    head_too_slow: 0,
    too_many_connections: 0,
    upstream: 0,
  }

  refuse(status: number): void {
    this.refused[refusalOf(status)] += 1
  }

  /** What is shown, with the bytes of the connections that are still open. */
  view(open: Roster<CountedConnection>): TrafficCounters {
    const { requests, bytesIn, bytesOut, refused } = this
    const view = {
      connections: open.size,
      requests,
      bytes_in: bytesIn,
      bytes_out: bytesOut,
      tunnels: 0,
      refused: { ...refused },
    }
    open.forEach(({ socket, openTunnel }) => {
      view.bytes_in += socket.bytesRead
      view.bytes_out += socket.bytesWritten
      if (openTunnel !== null) view.tunnels += 1
    })
    return view
  }
}

/** addUp is what all listeners counted together, at a time in milliseconds since the epoch. */
export function addUp(all: readonly TrafficCounters[], now: number): TrafficTotals {
  const sum = { at: toTimestamp(now), connections: 0, tunnels: 0, requests: 0, bytes_in: 0, bytes_out: 0 }
  for (const counters of all) {
    sum.connections += counters.connections
    sum.tunnels += counters.tunnels
    sum.requests += counters.requests
    sum.bytes_in += counters.bytes_in
    sum.bytes_out += counters.bytes_out
  }
  return sum
}

function refusalOf(status: number): Refusal {
  switch (status) {
    case 407:
      return 'credentials'
    case 408:
      return 'head_too_slow'
    case 429:
      return 'too_many_connections'
    case 431:
      return 'head_too_large'
    case 400:
    case 505:
      return 'malformed'
    default:
      return 'upstream'
  }
}
