import { readFileSync } from 'node:fs'

const lookEveryMs = 200
/** What npm, and whatever runs its scripts in its stead, gives to the programs in them. */
const ofScript = ['npm_lifecycle_event', 'npm_package_name'] as const

/** Starter is the parent that a process had at first. When it ends, the kernel gives the child to another. */
export interface Starter {
  pid: number
  parent: number
}

/**
 * findStarters lists, from this process up to npm, who has to live for it to live. npm passes a signal on to its shell alone,
 * which ends without a word to us. Empty where a program runs that nobody's end should end: not from `npm start` or `npm run
 * dev`, or with process 1 as its parent from the start.
 */
export function findStarters(environment: NodeJS.ProcessEnv = process.env): Starter[] {
  if (environment['npm_package_name'] !== 'stillpoint') return []
  if (!['start', 'dev'].includes(environment['npm_lifecycle_event'] ?? '')) return []
  const script = ofScript.map((name) => `${name}=${environment[name]}`)
  const found: Starter[] = []
  let pid = process.pid
  for (let parent = parentOf(pid); parent !== undefined && parent > 1; parent = parentOf(pid)) {
    found.push({ pid, parent })
    if (!isOfScript(parent, script)) break
    pid = parent
  }
  return found
}

/** whenStartersEnd calls `onEnd` once, soon after one of them has ended. It keeps no process alive. */
export function whenStartersEnd(starters: readonly Starter[], onEnd: () => void): void {
  if (starters.length === 0) return
  const timer = setInterval(() => {
    if (starters.every(({ pid, parent }) => parentOf(pid) === parent)) return
    clearInterval(timer)
    onEnd()
  }, lookEveryMs).unref()
}

/** Undefined where there is no such process, or (of others) no /proc to ask. */
function parentOf(pid: number): number | undefined {
  if (pid === process.pid) return process.ppid
  const status = readProcess(pid, 'status')
  const parent = status === null ? undefined : /^PPid:\s*(\d+)$/m.exec(status)?.[1]
  return parent === undefined ? undefined : Number(parent)
}

/** Whether npm started it for the same script: npm itself is the first that it did not. */
function isOfScript(pid: number, script: readonly string[]): boolean {
  const environment = readProcess(pid, 'environ')?.split('\0') ?? []
  return script.every((entry) => environment.includes(entry))
}

function readProcess(pid: number, file: 'status' | 'environ'): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    // It has ended, belongs to somebody else, or this is no Linux.
    return null
  }
}
