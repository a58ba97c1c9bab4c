import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

import { startSimulator, type Simulator } from '../simulator/simulator.ts'
import type { Connection } from '../src/contract/index.ts'
import { runStillpoint, type Running } from '../test/support/process.ts'
import { getThrough } from '../test/support/proxy-client.ts'
import { adminPassword, providerKey, worldEnvironment } from '../test/support/world.ts'
import { cpuSeconds, rssMegabytes, type Result } from './measure.ts'
import { isOpen } from './ports.ts'

/** One round of health checks and a little: what runs for days is measured warm. */
const settleMs = 35_000
const idleMs = 20_000
const wakeMs = 1_000

interface Running100 {
  running: Running
  call: <T>(method: string, path: string, body?: unknown) => Promise<T>
  readyMs: number
  url: string
}

/** benchManyKeys measures what a Stillpoint with so many keys costs: its start, its idle memory, its list. */
export async function benchManyKeys(count: number): Promise<Result[]> {
  const simulator = await startSimulator({ plan: { cooldownSeconds: 0 } })
  const env = {
    ...worldEnvironment(simulator),
    PROXY_PORT_START: '20000',
    PROXY_PORT_END: '22000',
  }
  await fill(simulator, env, count)
  const { running, call, readyMs } = await start(env, count)
  const keys = await call<{ id: number }[]>('GET', '/proxies')
  const connection = await call<Connection>('GET', `/proxies/${keys.at(-1)?.id}/connection`)
  const through = await getThrough(connection, simulator.originUrl)
  if (through.status !== 200) throw new Error(`the last of ${count} endpoints answered ${through.status}`)
  const list = await measure(200, () => call('GET', '/proxies'))
  await delay(settleMs)
  const [cpu, ofNothing] = await Promise.all([idleCpu(running.child.pid ?? 0), idleCpuOfNothing()])
  const checked = await call<{ status: string; latency_ms: number | null }[]>('GET', '/proxies')
  const unchecked = checked.filter(({ status, latency_ms }) => status !== 'active' || latency_ms === null)
  if (unchecked.length > 0) throw new Error(`${unchecked.length} of ${count} keys did not pass their health check`)
  const rss = Math.round(rssMegabytes(running.child.pid ?? 0))
  await running.kill('SIGTERM')
  await simulator.stop()
  rmSync(env.DATA_DIR, { recursive: true })
  const name = `${count} keys`
  return [
    {
      what: `${name}: start of the process to the last port open`,
      value: `${readyMs} ms`,
      target: 'under 1000 ms',
    },
    { what: `${name}: idle memory (RSS)`, value: `${rss} MB`, target: count <= 100 ? 'under 150 MB' : 'under 180 MB' },
    {
      what: `${name}: idle CPU, health checks included`,
      value: `${cpu.toFixed(1)} % of a core (a Node that only wakes as often, beside it: ${ofNothing.toFixed(1)} %)`,
      target: count <= 100 ? '-' : 'under 1.7 %',
    },
    {
      what: `${name}: GET /api/proxies, median of 200`,
      value: `${list.median.toFixed(1)} ms`,
      target: count <= 100 ? 'under 20 ms' : '-',
    },
  ]
}

/** Percent of a core that a process takes while nobody asks anything of it. */
async function idleCpu(pid: number): Promise<number> {
  const before = cpuSeconds(pid)
  await delay(idleMs)
  return ((cpuSeconds(pid) - before) / idleMs) * 1000 * 100
}

/** What the machine itself takes for waking a process three times a second: on some that is most of it. */
async function idleCpuOfNothing(): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 333)'], { stdio: 'ignore' })
  await delay(wakeMs)
  const cpu = await idleCpu(child.pid ?? 0)
  child.kill()
  return cpu
}

/** fill gives a data folder so many keys. */
export async function fill(simulator: Simulator, env: Record<string, string>, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `bench ${index}`)
  for (const name of names) simulator.addKey(providerKey(name))
  const { running, call } = await start(env, 0)
  for (let at = 0; at < count; at += 500) {
    const text = names
      .slice(at, at + 500)
      .map(providerKey)
      .join('\n')
    await call('POST', '/proxies/import', { text })
  }
  await running.kill('SIGTERM')
}

/** start runs a Stillpoint on a data folder and signs in, once so many keys have their ports. */
export async function start(env: Record<string, string>, keys: number): Promise<Running100> {
  const startedAt = performance.now()
  const running = runStillpoint({ cwd: env['DATA_DIR'] ?? '.', env: { ...env, LOG_LEVEL: 'warn' } })
  const firstPort = Number(env['PROXY_PORT_START']) + 1
  for (let index = 0; index < keys; index++) await untilOpen(firstPort + index)
  const readyMs = Math.round(performance.now() - startedAt)
  const [, url = ''] = await running.untilPrinted(/Dashboard +(http:\S+)/)
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const reply = await fetch(`${url}/api${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!reply.ok) throw new Error(`${method} ${path} answered ${reply.status}: ${await reply.text()}`)
    return (await reply.json()) as T
  }
  const { session_id } = await call<{ session_id: string }>('POST', '/auth/login', {
    username: 'admin',
    password: adminPassword,
  })
  headers['authorization'] = `Bearer ${session_id}`
  return { running, call, readyMs, url }
}

async function untilOpen(port: number): Promise<void> {
  while (!(await isOpen(port))) await delay(2)
}

async function measure(times: number, job: () => Promise<unknown>): Promise<{ median: number }> {
  const durations: number[] = []
  for (let count = 0; count < times; count++) {
    const startedAt = performance.now()
    await job()
    durations.push(performance.now() - startedAt)
  }
  const sorted = durations.toSorted((a, b) => a - b)
  return { median: sorted[Math.floor(times / 2)] ?? 0 }
}
