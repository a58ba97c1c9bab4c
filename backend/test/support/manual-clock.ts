import type { Clock, Stop } from '../../src/lib/clock.ts'

interface Timer {
  at: number
  run: () => void | Promise<void>
  everyMs: number | null
}

/** ManualClock stands still until `advance` turns it; it begins now, so that real certificates and cookies stay valid. */
export class ManualClock implements Clock {
  #now = Math.floor(Date.now() / 1000) * 1000
  /** How far the wall clock was set apart from the time that passed. */
  #offset = 0
  readonly #timers = new Set<Timer>()

  now(): number {
    return this.#now + this.#offset
  }

  monotonic(): number {
    return this.#now
  }

  after(ms: number, job: () => void): Stop {
    return this.#add({ at: this.#now + ms, run: job, everyMs: null })
  }

  everySecond(job: () => void | Promise<void>): Stop {
    return this.#add({ at: this.#now + 1000, run: job, everyMs: 1000 })
  }

  /** Turns the clock and runs what comes due on the way, one after the other. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    for (let timer = this.#next(end); timer; timer = this.#next(end)) {
      this.#now = Math.max(this.#now, timer.at)
      if (timer.everyMs === null) this.#timers.delete(timer)
      else timer.at += timer.everyMs
      await timer.run()
    }
    this.#now = end
  }

  /** Sets the clock forward without running what would have come due, as when a machine slept. */
  leap(ms: number): void {
    this.#now += ms
  }

  /** Sets the wall clock, forward or back; no time passes. */
  jump(ms: number): void {
    this.#offset += ms
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
