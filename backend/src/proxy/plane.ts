import { readFileSync } from 'node:fs'

import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Drainer } from './drainer.ts'
import type { FailureDelay } from './failure-delay.ts'
import type { Sweep } from '../lib/sweep.ts'

/** File descriptors that are kept for everything but proxied connections: files, API, provider, health checks. */
const reservedDescriptors = 256
const descriptorsPerConnection = 2
const usualLimit = 4_096
const tellEveryMs = 60_000

/** Occupancy is how many client connections are open in all, and how many may be by the file limit of this process. */
export class Occupancy {
  open = 0
  readonly max: number
  readonly #parts: { clock: Clock; log: Log }
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(max: number, parts: { clock: Clock; log: Log }) {
    this.max = max
    this.#parts = parts
  }

  /** Counts one more; returns what counts it no more, which may be called again. */
  take(): () => void {
    this.open += 1
    let isTaken = true
    return () => {
      if (isTaken) this.open -= 1
      isTaken = false
    }
  }

  /** Whether there are too many. Says so in the log, once a minute. */
  isExceeded(): boolean {
    if (this.open <= this.max) return false
    const { clock, log } = this.#parts
    if (clock.now() - this.#toldAt >= tellEveryMs) {
      this.#toldAt = clock.now()
      log.warn(
        { connections: this.max },
        'too many connections: the file limit of this process allows no more, new ones are answered with 503; raise it (ulimit -n, or LimitNOFILE)',
      )
    }
    return true
  }
}

/** DataPlaneParts are what all listeners share. */
export interface DataPlaneParts {
  clock: Clock
  log: Log
  sweep: Sweep
  drainer: Drainer
  failureDelay: FailureDelay
  occupancy: Occupancy
  /** Whether a PROXY protocol header from this address is to be believed. */
  isTrustedProxy: (address: string) => boolean
}

/** readOccupancy bounds the connections by the file limit of this process: each takes one descriptor to either side. */
export function readOccupancy(parts: { clock: Clock; log: Log }): Occupancy {
  const limit = readFileLimit()
  const usable = limit - Math.min(reservedDescriptors, limit / 2)
  return new Occupancy(Math.floor(usable / descriptorsPerConnection), parts)
}

function readFileLimit(): number {
  try {
    const soft = /^Max open files +(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return soft === 'unlimited' ? 1_000_000 : Number(soft ?? usualLimit)
  } catch {
    // Only Linux tells its limits in a file.
    return usualLimit
  }
}
