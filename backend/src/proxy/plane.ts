import { readFileSync } from 'node:fs'

import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Drainer } from './drainer.ts'
import type { FailureDelay } from './failure-delay.ts'
import type { Sweep } from './sweep.ts'

/** File descriptors that are kept for everything but proxied connections: files, API, provider, health checks. */
const reservedDescriptors = 256
const descriptorsPerConnection = 2
const usualLimit = 4_096

/** Occupancy is how many client connections are open in all, and how many may be. */
export interface Occupancy {
  open: number
  readonly max: number
}

/** DataPlaneParts are what all listeners share. */
export interface DataPlaneParts {
  clock: Clock
  log: Log
  sweep: Sweep
  drainer: Drainer
  failureDelay: FailureDelay
  occupancy: Occupancy
}

/** readOccupancy bounds the connections by the file limit of this process: each takes one descriptor to either side. */
export function readOccupancy(): Occupancy {
  const usable = Math.max(reservedDescriptors, readFileLimit() - reservedDescriptors)
  return { open: 0, max: Math.floor(usable / descriptorsPerConnection) }
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
