import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** A test program that runs longer than this waits for something that will not come. */
const limitMs = 30_000
const checkEveryMs = 5000

/**
 * killHanging ends test programs that run for too long: those in this folder whose command line matches. runtests.pl limits
 * curl itself, but not its programs on libcurl. Returns what stops the watch.
 */
export function killHanging(folder: string, pattern: RegExp): () => void {
  const firstSeen = new Map<number, number>()
  const timer = setInterval(() => {
    for (const pid of listProcesses(folder, pattern)) {
      const since = firstSeen.get(pid) ?? Date.now()
      firstSeen.set(pid, since)
      if (Date.now() - since > limitMs) end(pid)
    }
  }, checkEveryMs)
  return () => clearInterval(timer)
}

function listProcesses(folder: string, pattern: RegExp): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map(Number).filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === folder && pattern.test(readFileSync(`/proc/${pid}/cmdline`, 'latin1'))
    } catch {
      // It has ended meanwhile, or is not ours to see.
      return false
    }
  })
}

function end(pid: number): void {
  try {
    process.kill(pid)
  } catch {
    // It has ended by itself.
  }
}
