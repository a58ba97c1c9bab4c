import type { Clock, Stop } from '../../src/lib/clock.ts'

interface Timer {
  at: number
  run: () => void | Promise<void>
  everyMs: number | null
}

/** ManualClock stands still until `advance` turns it; it begins now, so that real certificates and cookies stay valid. */
export class ManualClock implements Clock {
  /** What the time of day is ahead of the monotonic one. */
  #offset = Math.floor(Date.now() / 1000) * 1000
  #monotonic = 0
  #suspended = 0
  /** By monotonic time, as those of the system. */
  readonly #timers = new Set<Timer>()

  now(): number {
    return this.#offset + this.#monotonic
  }

  monotonic(): number {
    return this.#monotonic
  }

  suspended(): number {
    return this.#suspended
  }

  after(ms: number, job: () => void): Stop {
    return this.#add({ at: this.#monotonic + ms, run: job, everyMs: null })
  }

  everySecond(job: () => void | Promise<void>): Stop {
    return this.#add({ at: this.#monotonic + 1000, run: job, everyMs: 1000 })
  }

  /** Turns the clock and runs what comes due on the way, one after the other. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms
    for (let timer = this.#next(end); timer; timer = this.#next(end)) {
      this.#monotonic = Math.max(this.#monotonic, timer.at)
      if (timer.everyMs === null) this.#timers.delete(timer)
      else timer.at += timer.everyMs
      await timer.run()
    }
    this.#monotonic = end
  }

  /** Lets time pass without running what would have come due, as when the process is stopped. */
  leap(ms: number): void {
    this.#monotonic += ms
  }

  /** Sets the time of day alone: forward, or back where `ms` is negative. */
  jump(ms: number): void {
    this.#offset += ms
  }

  /** Suspends the machine for so long, which its system tells afterwards, as Linux does. */
  suspend(ms: number): void {
    this.#offset += ms
    this.#suspended += ms
  }

  #next(end: number): Timer | undefined {
    const due = [...this.#timers].filter((timer) => timer.at <= end)
    return due.toSorted((a, b) => a.at - b.at)[0]
  }

  #add(timer: Timer): Stop {
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }
}
