import type { Config } from '../config.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'

/** Outside is what the rooms get from the process: settings, time, a place to write. */
export interface Outside {
  config: Config
  clock: Clock
  log: Log
  /** See `StoreParts`: for tests. */
  runsTwice?: boolean
}

/** Stops are the ends of what was begun so far; they are run from last to first. */
export type Stops = (() => Promise<void> | void)[]
