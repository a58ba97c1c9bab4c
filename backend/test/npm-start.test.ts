import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { Running } from './support/process.ts'
import { nodeOptions, repositoryRoot, run } from './support/process.ts'
import { until } from './support/until.ts'

const startLimitMs = 60_000
/** A process looks for who started it every 200 ms. */
const severalLooksMs = 600

let folder: string
let running: Running | null
let strays: number[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stillpoint-npm-'))
  running = null
  strays = []
})

afterEach(async () => {
  await running?.kill()
  for (const pid of strays.filter(isAlive)) process.kill(pid, 'SIGKILL')
  await until('all to end', () => strays.every((pid) => !isAlive(pid)))
  rmSync(folder, { recursive: true, force: true })
})

const environment = () => ({
  KIOTPROXY_API_BASE: 'http://127.0.0.1:1/api',
  DATA_DIR: join(folder, 'data'),
  TRAEFIK_DYNAMIC_DIR: '',
  PORT: '0',
  GATEWAY_PORT: '0',
  LOG_LEVEL: 'warn',
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** All that came of a process, itself first. */
function familyOf(pid: number): number[] {
  const path = `/proc/${pid}/task/${pid}/children`
  const children = readFileSync(path, 'utf8').trim().split(' ').filter(Boolean).map(Number)
  return [pid, ...children.flatMap(familyOf)]
}

async function startByNpm(script: string): Promise<{ npm: Running; family: number[] }> {
  const npm = run('npm', ['run', script], { cwd: repositoryRoot, env: environment() })
  running = npm
  await until('the banner', () => /Dashboard +http/.test(npm.output) || npm.exit, startLimitMs)
  strays = familyOf(npm.child.pid ?? 0)
  return { npm, family: strays }
}

describe.skipIf(process.platform !== 'linux')('a process that npm started', () => {
  it.each([
    ['start', 'SIGTERM'],
    ['start', 'SIGKILL'],
    ['dev', 'SIGTERM'],
  ] as const)(
    'by npm run %s ends in order when npm gets %s',
    async (script, signal) => {
      const { npm, family } = await startByNpm(script)
      expect(family.length).toBeGreaterThan(2)

      npm.child.kill(signal)

      await until('all of them to end', () => !family.some(isAlive))
      expect(npm.output).toMatch(/^Stillpoint has stopped\.$/m)
    },
    90_000,
  )

  it('ends in order when the shell between npm and it is killed', async () => {
    const { npm, family } = await startByNpm('start')

    process.kill(family[1] ?? 0, 'SIGKILL')

    await until('all of them to end', () => !family.some(isAlive))
    expect(npm.output).toMatch(/^Stillpoint has stopped\.$/m)
  }, 90_000)
})

describe.skipIf(process.platform !== 'linux')('a process that outlives who started it', () => {
  const product = ['node', ...nodeOptions, join(repositoryRoot, 'backend/dist/src/main.js')].join(' ')
  const npm = `npm --prefix ${repositoryRoot} start`

  it.each([
    ['in the background of a shell', product],
    ['under nohup', `nohup ${product}`],
    ['in a session of its own', `setsid ${product}`],
    ['from a script of something else', `npm_lifecycle_event=start npm_package_name=other ${product}`],
    ['by npm under nohup', `nohup ${npm}`],
    ['by npm in a session of its own', `setsid ${npm}`],
  ])(
    'goes on: %s',
    async (_, command) => {
      const env = { ...process.env, ...environment() }
      const pid = Number(execFileSync('sh', ['-c', `${command} >log 2>&1 & echo $!`], { cwd: folder, env }).toString())
      strays = [pid]
      const printed = () => readFileSync(join(folder, 'log'), 'utf8')
      await until('the banner', () => /Dashboard +http/.test(printed()), startLimitMs)
      strays = familyOf(pid)

      const startedAt = performance.now()
      await until('it to have looked for its parents', () => performance.now() - startedAt > severalLooksMs)

      expect(strays.every(isAlive)).toBe(true)
      expect(printed()).not.toMatch(/has stopped/)
      process.kill(pid, 'SIGTERM')
      await until('it to end', () => !strays.some(isAlive))
      expect(printed()).toMatch(/^Stillpoint has stopped\.$/m)
    },
    90_000,
  )
})
