import type { TrafficCounters, TrafficTotals } from '../contract/index.ts'
import { toTimestamp } from '../lib/clock.ts'

/** addUp is what all endpoints carried together, at a time in milliseconds since the epoch. */
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
