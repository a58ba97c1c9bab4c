import type { Happened, LogEntry, LogLine, LogQuery } from '../contract/index.ts'
import type { Subscribable } from '../lib/subscribable.ts'

/** NewLogEntry is what is to be written; what it leaves out is null, `status` is `success`, `timestamp` now. */
export type NewLogEntry = Pick<LogLine, 'action' | 'message'> &
  Partial<Omit<LogLine, 'id' | 'action' | 'message'>> & { happened?: Happened }

/** Counts are the health checks and the traffic of one key over a time; the sum of latencies is of those that were answered. */
export interface Counts {
  readonly checks: number
  readonly failed_checks: number
  readonly latency_sum_ms: number
  readonly requests: number
  readonly bytes_in: number
  readonly bytes_out: number
}

/** Check is the last health check of a key: of which lease, when, and how long it took; null for one that failed. */
export interface Check {
  readonly lease_id: string
  readonly at: string
  readonly latency_ms: number | null
}

/** ObservedMinute is what one minute brought, of the keys to which it brought something. */
export interface ObservedMinute {
  /** Counted from the epoch. */
  readonly minute: number
  readonly counts: readonly (Counts & { readonly id: number })[]
  /** The last checks that are others now; null where the one before tells of nothing any more. */
  readonly checks: readonly { readonly id: number; readonly check: Check | null }[]
}

/** Recalled is what is known of a key from before the start. */
export interface Recalled {
  readonly id: number
  readonly check: Check | null
  /** Its last minutes with a check, oldest first. */
  readonly minutes: readonly Counts[]
}

/**
 * History is what happened, over time: the operation log, and what was observed of each key. It informs and never decides, so that
 * traffic never waits for it. What is asked for sees all that was written before; `close` ends when that is kept.
 */
export interface History {
  /** Told of each entry of the log once it is written. */
  readonly added: Subscribable<[LogEntry]>
  /** Has an entry written, in the order of the calls; nobody waits for it. One that can't be written is logged and dropped. */
  add(entry: NewLogEntry): void
  /** Newest first. */
  list(query: Partial<LogQuery>): Promise<LogEntry[]>
  /** Adds this to what is known of the minute: all of it, or nothing where it rejects. */
  observe(observed: ObservedMinute): Promise<void>
  /** The counts of a key from a minute on, added up in steps of so many minutes; steps without any are left out. */
  sumUp(id: number, since: number, step: number): Promise<(Counts & { readonly step: number })[]>
  /** What is known of these keys, with at most `limit` minutes of each. */
  recall(ids: readonly number[], since: number, limit: number): Promise<Recalled[]>
  /** Drops what is older than a minute of these keys. */
  dropMinutes(ids: readonly number[], before: number): Promise<void>
  /** Drops all that was observed of a key that was deleted; its log stays. */
  forget(id: number): Promise<void>
  close(): Promise<void>
}
