import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { until } from './until.ts'

export const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url))

/** The options of Node that the product runs with. */
export const nodeOptions = startOf(repositoryRoot).filter((word) => word.startsWith('--'))

export interface RunOptions {
  cwd: string
  env?: Record<string, string>
  args?: string[]
  /** The number of the user that it runs as; by default ours. */
  uid?: number
  /** Further options of Node. */
  options?: string[]
  /** The checkout that is run, which must be built; by default this one. */
  root?: string
}

/** Running is a child process and all that it has printed so far. */
export class Running {
  output = ''
  exit: { code: number | null; signal: NodeJS.Signals | null } | null = null
  readonly child: ChildProcess

  constructor(child: ChildProcess) {
    this.child = child
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text))
    }
    child.once('close', (code, signal) => (this.exit = { code, signal }))
  }

  async untilPrinted(pattern: RegExp): Promise<RegExpExecArray> {
    return await until(`${pattern} in ${this.output}`, () => {
      const match = pattern.exec(this.output)
      if (!match && this.exit) throw new Error(`it ended with ${this.exit.code}:\n${this.output}`)
      return match
    })
  }

  async ended(limitMs?: number): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    return await until('the process to end', () => this.exit, limitMs)
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.exit) return
    const closed = once(this.child, 'close')
    this.child.kill(signal)
    await closed
  }
}

/** runStillpoint runs the built product as a process of its own, with nothing of our environment but the path. */
export function runStillpoint({ root = repositoryRoot, args = [], options = [], ...how }: RunOptions): Running {
  return run(process.execPath, [...options, ...startOf(root), ...args], how)
}

/** What `npm start` gives to Node in this checkout, with the path of its script made absolute. */
function startOf(root: string): string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { start: string } }
  const [, ...words] = scripts.start.split(' ')
  return words.map((word) => (word.endsWith('.js') ? join(root, word) : word))
}

export function run(command: string, args: string[], { cwd, env = {}, uid }: RunOptions): Running {
  const { PATH = '', HOME = '', TMPDIR } = process.env
  const user = uid === undefined ? {} : { uid, gid: uid }
  return new Running(
    spawn(command, args, { cwd, env: { PATH, HOME, TMPDIR, ...env }, stdio: ['ignore', 'pipe', 'pipe'], ...user }),
  )
}
