import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { runNode } from './contenders.ts'
import { Inspector, inspectorOptions, type Memory } from './inspector.ts'
import { peakMegabytes, percentile } from './measure.ts'
import { Crowd, type Place } from './siege-crowd.ts'
import { strangerAddress } from './siege-deeds.ts'
import type { DeedReport, SiegeOrder } from './siege-strangers.ts'
import { runProduct, type Stillpoint } from './stillpoint.ts'

export interface SiegeOptions {
  seconds: number
  /** How many strangers come in a second, and how many may be there at once. */
  perSecond: number
  concurrency: number
  /** Names of deeds; all of them where there is none. */
  only?: readonly string[]
}

/** Watched is a question that was asked over and over: how often, what failed, and how long the slowest took, in milliseconds. */
export interface Watched {
  asked: number
  failures: string[]
  slowest: number
}

export interface SiegeResult {
  deeds: DeedReport[]
  /** Clients with credentials: there must be no failure. Times in milliseconds, 99th percentile. */
  honest: { done: number; failures: string[]; quietP99: number; p99: number; slowest: number }
  health: Watched
  store: Watched
  memory: { before: Memory; after: Memory; peakMegabytes: number }
  /** File descriptors of the process, while nobody is there. */
  descriptors: { before: number; after: number }
  /** Lines of stack traces that it printed. */
  traces: number
}

const clients = 50
/** A first wave of strangers warms up, until as many are there as ever will be: what runs for days has seen them all. */
const waveSeconds = 12
/** The quiet is a tenth of the siege, within these. */
const quietMs = { least: 6_000, most: 30_000 }
/** Longer than an idle connection to the API is kept. */
const settleMs = 7_000
/** Until what lingers must have ended. */
const leaveMs = 40_000
const watchTimeoutMs = 5_000
const unknown: Memory = { rss: Number.NaN, used: Number.NaN }

/**
 * runSiege lets strangers do all that is hostile to a Stillpoint as it is shipped, while clients with credentials, who come from
 * the same addresses, work without a stop, its API is asked and its store is changed.
 */
export async function runSiege(options: SiegeOptions): Promise<SiegeResult> {
  const upstream = await runNode('fast-upstream.ts')
  const product = await runProduct([upstream.port], { keys: 2, options: inspectorOptions })
  const script = fileURLToPath(new URL('siege-strangers.ts', import.meta.url))
  const strangers = spawn(process.execPath, [script], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  try {
    return await besiege(product, strangers, options)
  } finally {
    strangers.kill()
    await product.stop()
    await upstream.running.kill()
  }
}

async function besiege(product: Stillpoint, strangers: ChildProcess, options: SiegeOptions): Promise<SiegeResult> {
  const inspector = await Inspector.open(product.running)
  const crowd = new Crowd(placesOf(product))
  crowd.start()
  await comeAndGo(product, strangers, { ...options, seconds: waveSeconds })
  const early = crowd.take()
  await delay(Math.min(quietMs.most, Math.max(quietMs.least, options.seconds * 100)))
  const quiet = crowd.take()
  await crowd.stop()
  await delay(settleMs)
  const before = { memory: await inspector.memory(), descriptors: countDescriptors(product.pid) }
  crowd.start()
  const over = new AbortController()
  const watching = [watchHealth(product, over.signal), watchStore(product, over.signal)] as const
  const deeds = await comeAndGo(product, strangers, options)
  const served = crowd.take()
  over.abort()
  const [health, store] = await Promise.all(watching)
  await crowd.stop()
  await delay(settleMs)
  await untilLeft(product.pid, before.descriptors)
  return {
    deeds,
    honest: {
      done: served.durations.length,
      failures: [early, quiet, served, crowd.take()].flatMap(({ failures }) => failures),
      quietP99: percentile(quiet.durations, 0.99),
      p99: percentile(served.durations, 0.99),
      slowest: served.durations.reduce((most, duration) => Math.max(most, duration), 0),
    },
    health,
    store,
    memory: {
      before: before.memory,
      after: await inspector.memory().catch(() => unknown),
      peakMegabytes: peakMegabytes(product.pid),
    },
    descriptors: { before: before.descriptors, after: countDescriptors(product.pid) },
    traces: product.running.output.split('\n').filter((line) => /^\s+at /.test(line)).length,
  }
}

/** Lets the strangers come for as long, and waits until the last one is gone. */
async function comeAndGo(
  { endpoints, gatewayPort, tlsPort }: Stillpoint,
  strangers: ChildProcess,
  { seconds, perSecond, concurrency, only = [] }: SiegeOptions,
): Promise<DeedReport[]> {
  const [endpoint] = endpoints
  const doors = { own: endpoint?.port ?? 0, shared: gatewayPort, tls: tlsPort, endpoint: endpoint?.name ?? '' }
  order(strangers, { kind: 'begin', doors, perSecond, concurrency, only })
  await delay(seconds * 1_000)
  order(strangers, { kind: 'stop' })
  const [deeds] = (await once(strangers, 'message', { signal: AbortSignal.timeout(2 * leaveMs) })) as [DeedReport[]]
  return deeds
}

/** Both endpoints, on their own ports and on the shared one, each client from an address that strangers come from as well. */
function placesOf({ endpoints, gatewayPort }: Stillpoint): Place[] {
  return Array.from({ length: clients }, (_, index) => {
    const endpoint = endpoints[index % 2]
    const isShared = index % 4 > 1
    const { name: username = '', token = '', port = 0 } = endpoint ?? {}
    return { port: isShared ? gatewayPort : port, localAddress: strangerAddress(index), username, token }
  })
}

function order(strangers: ChildProcess, message: SiegeOrder): void {
  strangers.send(message)
}

function watchHealth({ url }: Stillpoint, over: AbortSignal): Promise<Watched> {
  return watch(over, 250, async () => {
    const reply = await fetch(`${url}/health`, { signal: AbortSignal.timeout(watchTimeoutMs) })
    if (!reply.ok) throw new Error(`answered ${reply.status}`)
    await reply.text()
  })
}

function watchStore(product: Stillpoint, over: AbortSignal): Promise<Watched> {
  let turn = 0
  return watch(over, 500, async () => {
    await product.call('PUT', '/settings', { drain_seconds: 10 + (turn++ % 2) })
  })
}

async function watch(over: AbortSignal, everyMs: number, question: () => Promise<void>): Promise<Watched> {
  const watched: Watched = { asked: 0, failures: [], slowest: 0 }
  for (; !over.aborted; await delay(everyMs)) {
    const startedAt = performance.now()
    watched.asked += 1
    await question().catch((error: unknown) => watched.failures.push(String(error)))
    watched.slowest = Math.max(watched.slowest, performance.now() - startedAt)
  }
  return watched
}

function countDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

async function untilLeft(pid: number, descriptors: number): Promise<void> {
  for (let waited = 0; waited < leaveMs && countDescriptors(pid) > descriptors; waited += 500) await delay(500)
}
