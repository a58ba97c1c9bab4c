import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import pino from 'pino'

import type { Schemathesis } from '../scripts/schemathesis.mjs'
import { publicIdOf } from '../src/auth/sessions.ts'
import { makeTemporaryFolder } from '../test/support/temporary-folder.ts'
import { providerKey, World } from '../test/support/world.ts'

const configFile = fileURLToPath(new URL('schemathesis.toml', import.meta.url))
/** Of pino. */
const errorLevel = 50
const program = 'from schemathesis.cli import schemathesis; schemathesis()'

/** Trial is how hard the API is tried. */
export interface Trial {
  phases: readonly ('examples' | 'coverage' | 'fuzzing' | 'stateful')[]
  /** Requests of each operation, and sequences of requests. */
  examples: number
  seed: number
  /** The run is ended then. */
  limitMs: number
  onOutput?: (text: string) => void
}

/** Outcome is what a trial came to; `answers` are the statuses that each operation gave, with how often. */
export interface Outcome {
  isGood: boolean
  output: string
  answers: Record<string, Record<number, number>>
  /** What Stillpoint wrote down as errors. */
  errors: string[]
  /** The operations of the description. */
  operations: string[]
}

/** tryApi has Schemathesis try every operation of a Stillpoint with a simulated provider, as its description says. */
export async function tryApi({ python, folder }: Schemathesis & { python: string }, trial: Trial): Promise<Outcome> {
  const answers: Outcome['answers'] = {}
  const errors: string[] = []
  const write = (line: string) => {
    if (isError(line)) errors.push(line)
    noteAnswer(answers, line)
  }
  const world = await World.create({ log: pino({ level: 'debug' }, { write }) })
  try {
    await fill(world)
    const sessions = [world.session]
    for (let more = 0; more < 2; more++) {
      await world.signIn()
      sessions.push(world.session)
    }
    const { body } = await world.call<{ paths: Record<string, object> }>('GET', '/openapi.json')
    const environment = {
      PYTHONPATH: folder,
      SESSION: world.session,
      SESSION_TO_LEAVE: sessions[0] ?? '',
      SESSION_TO_END: publicIdOf(sessions[1] ?? ''),
    }
    const { code, output } = await runPython(python, argumentsOf(world.url, trial), environment, trial)
    const isSignedIn = (await world.call('GET', '/api/auth/me')).status === 200
    return {
      isGood: code === 0 && isSignedIn && errors.length === 0,
      output,
      errors,
      ...countByOperation(body.paths, answers),
    }
  } finally {
    await world.stop()
  }
}

/** Makes what the configuration speaks of. */
async function fill(world: World): Promise<void> {
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    const { id } = await world.addKey(name)
    await world.call('POST', `/api/proxies/${id}/addresses`, { address: '203.0.113.9', for: 'forever' })
  }
  world.simulator.addKey(providerKey('known'))
}

function argumentsOf(url: string, { phases, examples, seed }: Trial): string[] {
  const how = ['--phases', phases.join(','), '--max-examples', String(examples), '--seed', String(seed)]
  return ['-c', program, '--config-file', configFile, 'run', `${url}/openapi.json`, '--continue-on-failure', ...how]
}

async function runPython(
  python: string,
  args: string[],
  env: Record<string, string>,
  { limitMs, onOutput }: Trial,
): Promise<{ code: number | null; output: string }> {
  const { PATH = '', HOME = '' } = process.env
  // It leaves notes where it runs.
  const folder = makeTemporaryFolder('schemathesis')
  const child = spawn(python, args, {
    cwd: folder,
    env: { PATH, HOME, PYTHONDONTWRITEBYTECODE: '1', PYTHONIOENCODING: 'utf-8', COLUMNS: '160', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      onOutput?.(text)
    })
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  rmSync(folder, { recursive: true, force: true })
  return { code, output: code === null ? `${output}\nIt took longer than ${limitMs / 1000} s.` : output }
}

function isError(line: string): boolean {
  return (JSON.parse(line) as { level: number }).level >= errorLevel
}

/** The log of each request that the API answered. */
function noteAnswer(answers: Outcome['answers'], line: string): void {
  const { method, path, status } = JSON.parse(line) as { method?: string; path?: string; status?: number }
  if (method === undefined || path === undefined || status === undefined) return
  const counts = (answers[`${method} ${path}`] ??= {})
  counts[status] = (counts[status] ?? 0) + 1
}

function countByOperation(paths: Record<string, object>, answers: Outcome['answers']) {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const byOperation: Outcome['answers'] = Object.fromEntries(operations.map((name) => [name, {}]))
  for (const [request, counts] of Object.entries(answers)) {
    const counted = byOperation[operations.find((name) => isAbout(name, request)) ?? '']
    if (!counted) continue
    for (const [status, count] of Object.entries(counts))
      counted[Number(status)] = (counted[Number(status)] ?? 0) + count
  }
  return { operations, answers: byOperation }
}

/** Paths without parameters are the better match, and stand in front of those with them. */
function isAbout(operation: string, request: string): boolean {
  const parts = operation.split('/')
  const given = request.split('/')
  return parts.length === given.length && parts.every((part, index) => part.startsWith('{') || part === given[index])
}
