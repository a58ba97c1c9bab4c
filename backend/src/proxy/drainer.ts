import type { DrainCounts } from '../contract/index.ts'
import type { Clock, Stop } from '../lib/clock.ts'
import type { DrainTimes } from './tunnel-activity.ts'
import type { Tunnel, TunnelEnd } from './tunnel.ts'

const stepMs = 10

interface Drain {
  since: number
  times: DrainTimes
  tunnels: Set<Tunnel>
  counts: DrainCounts
  onDone: (counts: DrainCounts) => void
}

/** Drainer moves the tunnels of replaced upstreams: each is closed in its first pause, and cut when the drain is over. */
export class Drainer {
  readonly #clock: Clock
  readonly #drains = new Set<Drain>()
  #cancelStep: Stop | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Begins a drain of these tunnels; returns the counts, which go on. `onDone` is called once, when the last of
   * them has ended. */
  begin(tunnels: readonly Tunnel[], times: DrainTimes, onDone: (counts: DrainCounts) => void): DrainCounts {
    const open = new Set(tunnels)
    const counts = { open: open.size, idle: 0, finished: 0, cut: 0 }
    this.#drains.add({ since: this.#clock.now(), times, tunnels: open, counts, onDone })
    this.#step()
    return counts
  }

  /** Notes the end of a tunnel, whatever ended it. */
  ended(tunnel: Tunnel, end: TunnelEnd): void {
    for (const drain of this.#drains) {
      if (!drain.tunnels.delete(tunnel)) continue
      drain.counts[end] += 1
      if (drain.tunnels.size > 0) continue
      this.#drains.delete(drain)
      drain.onDone(drain.counts)
    }
  }

  stop(): void {
    this.#drains.clear()
    this.#cancelStep?.()
    this.#cancelStep = null
  }

  #step(): void {
    this.#cancelStep?.()
    this.#cancelStep = null
    for (const drain of this.#drains) for (const tunnel of drain.tunnels) tunnel.drain(drain.since, drain.times)
    if (this.#drains.size > 0) this.#cancelStep = this.#clock.after(stepMs, () => this.#step())
  }
}
