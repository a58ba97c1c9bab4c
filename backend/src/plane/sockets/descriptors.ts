import { readFileSync } from 'node:fs'

/** File descriptors that are kept for everything but clients: files, API, provider, health checks. */
const reserved = 256
/** A client connection takes one descriptor to either side. */
const perConnection = 2
const usualLimit = 4_096

/** maxConnections is how many client connections the file limit of this process allows. */
export function maxConnections(): number {
  const limit = readFileLimit()
  return Math.floor((limit - Math.min(reserved, limit / 2)) / perConnection)
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
