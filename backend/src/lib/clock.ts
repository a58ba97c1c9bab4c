import { uptime } from 'node:os'

import { Cron } from 'croner'

/** Stop ends what its maker started. Calling it twice does nothing more. */
export type Stop = () => void

/** Clock is the only source of time for whatever decides by time, so that tests can turn it by hand. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds since the process started, which setting the machine's clock does not change: for durations. */
  monotonic(): number
  /**
   * How long the machine was suspended, in milliseconds from some point on: only differences say something. Where the system
   * does not let `monotonic` stand still meanwhile, or does not tell, it stays the same.
   */
  suspended(): number
  /** Runs `job` once, `ms` milliseconds from now. */
  after(ms: number, job: () => void): Stop
  /** Runs `job` every second, never two at once. What it throws goes to `onError`. */
  everySecond(job: () => void | Promise<void>, onError: (error: unknown) => void): Stop
}

/** systemClock is the machine's time; croner drives the ticks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  // On Linux the time since the boot goes on in a suspended machine (CLOCK_BOOTTIME), that of the process does not.
  suspended: () => uptime() * 1000 - performance.now(),
  after(ms, job) {
    const timer = setTimeout(job, ms)
    return () => clearTimeout(timer)
  },
  everySecond(job, onError) {
    // Without `catch` croner turns a throwing job into an unhandled rejection, without `protect` it overlaps runs.
    const cron = new Cron('* * * * * *', { catch: onError, protect: true }, job)
    return () => cron.stop()
  },
}

/** toTimestamp writes milliseconds since the epoch as ISO 8601 in UTC. */
export function toTimestamp(ms: number): string {
  return new Date(ms).toISOString()
}

/** toMs reads a timestamp; null stays null. */
export function toMs(timestamp: string): number
export function toMs(timestamp: string | null): number | null
export function toMs(timestamp: string | null): number | null {
  return timestamp === null ? null : Date.parse(timestamp)
}

/** secondsUntil is how many whole seconds are left until `ms`, at least 1: what `Retry-After` says. */
export function secondsUntil(ms: number, now: number): number {
  return Math.max(1, Math.ceil((ms - now) / 1000))
}
