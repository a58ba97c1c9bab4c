import { spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { Running } from '../test/support/process.ts'
import {
  runNode,
  startBareProxyChain,
  startBareRelay,
  startSquid,
  startStillpoint,
  startTinyproxy,
  type Contender,
} from './contenders.ts'
import { cpuSeconds, median, rssMegabytes, spread, type Result } from './measure.ts'

const rounds = 5
/** Enough that what runs for days is measured warm: the first round only warms up. */
const work = { tunnels: 8_000, requests: 60_000, download: 32 }
const idleTunnels = 900
const latencyRequests = 6_000
const pairs = 2_000

type Kind = keyof typeof work

interface Outcome {
  units: number
  seconds: number
  failed: number
  p50: number
  p99: number
}

/** Figures of one contender in one kind of work: rate, and CPU seconds of the proxy per unit. */
interface Figures {
  rate: number[]
  cpu: number[]
}

/** benchTraffic gives the product, proxy-chain, and squid and tinyproxy where they are installed, the same work in turn. */
export async function benchTraffic(): Promise<{ table: string; results: Result[] }> {
  const upstream = await runNode('fast-upstream.ts')
  const other = await runNode('fast-upstream.ts')
  const stillpoint = await startStillpoint([upstream.port, other.port])
  const installed = [await startSquid(upstream.port), await startTinyproxy(upstream.port)]
  const contenders = [stillpoint, await startBareProxyChain(upstream.port), await startBareRelay(upstream.port)]
  contenders.push(...installed.filter((contender) => contender !== null))
  // First of all: after other work a process gives memory back, and what tunnels take can't be told.
  const perTunnel = await measureIdle(stillpoint)
  const figures = new Map<string, Figures>()
  for (let round = 0; round <= rounds; round++) {
    for (const kind of Object.keys(work) as Kind[]) {
      for (const contender of contenders) await measure(contender, kind, round === 0 ? null : figures)
    }
  }
  const added = await measureRotation(stillpoint)
  const throughGateway = await measureGateway(stillpoint)
  for (const contender of contenders) await contender.stop()
  await upstream.running.kill()
  await other.running.kill()
  return { table: renderTable(contenders, figures), results: compare(figures, { perTunnel, added, throughGateway }) }
}

/** The first round only warms up: it is given null. */
async function measure(contender: Contender, kind: Kind, figures: Map<string, Figures> | null): Promise<void> {
  const amount = work[kind]
  const before = cpuSeconds(contender.pid)
  const outcome = await load(kind, contender, amount)
  if (outcome.failed > 0) console.log(`${contender.name}: ${outcome.failed} of ${outcome.units} ${kind} failed`)
  // A rate of failures is no rate.
  if (outcome.failed > outcome.units / 100) return
  const cpu = cpuSeconds(contender.pid) - before
  const name = `${contender.name} ${kind}`
  const known = figures?.get(name) ?? { rate: [], cpu: [] }
  known.rate.push(outcome.units / outcome.seconds)
  known.cpu.push(cpu / outcome.units)
  figures?.set(name, known)
}

async function load(
  kind: string,
  { port, credentials }: Contender,
  amount: number,
  otherPort?: number,
): Promise<Outcome> {
  const running = startLoad(kind, port, credentials, amount, otherPort)
  await running.ended(120_000)
  return JSON.parse(running.output) as Outcome
}

function startLoad(kind: string, port: number, credentials: string, amount: number, otherPort = 0): Running {
  const script = fileURLToPath(new URL('load.ts', import.meta.url))
  const args = [script, kind, String(port), credentials, String(amount), String(otherPort)]
  return new Running(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }))
}

/** Kilobytes of memory that an idle tunnel costs. */
async function measureIdle(contender: Contender): Promise<number> {
  await delay(3_000)
  const before = rssMegabytes(contender.pid)
  const holding = startLoad('idle', contender.port, contender.credentials, idleTunnels)
  await holding.untilPrinted(/units/)
  await delay(2_000)
  const after = rssMegabytes(contender.pid)
  await holding.kill()
  return ((after - before) * 1024) / idleTunnels
}

/** Milliseconds that rotations, ten a second, add to new requests at the 99th percentile; the first round warms up. */
async function measureRotation(contender: Contender & { rotate(): Promise<void> }): Promise<number> {
  const added: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const calm = await load('latency', contender, latencyRequests)
    const over = new AbortController()
    const rotating = (async () => {
      for (; !over.signal.aborted; await delay(100)) await contender.rotate()
    })()
    const moved = await load('latency', contender, latencyRequests)
    over.abort()
    await rotating
    if (moved.failed > 0) console.log(`${moved.failed} of ${moved.units} requests failed during rotations`)
    added.push(moved.p99 - calm.p99)
  }
  return median(added.slice(1))
}

/** Milliseconds that the shared port adds to a new request at the median, over the endpoint's own; the first round warms up. */
async function measureGateway(contender: Contender & { gatewayPort: number }): Promise<number> {
  const added: number[] = []
  for (let round = 0; round <= rounds; round++) {
    added.push((await load('paired', contender, pairs, contender.gatewayPort)).p50)
  }
  return median(added.slice(1))
}

function renderTable(contenders: readonly Contender[], figures: Map<string, Figures>): string {
  const cell = (values: readonly number[] | undefined, digits: number) =>
    values === undefined ? 'fails' : `${median(values).toFixed(digits)} ±${(spread(values) / 2).toFixed(0)}%`
  const rows = contenders.map(({ name }) => {
    const of = (kind: Kind) => figures.get(`${name} ${kind}`)
    const scaled = (kind: Kind, by: number) => of(kind)?.cpu.map((value) => value * by)
    return `| ${name} | ${cell(of('tunnels')?.rate, 0)} | ${cell(scaled('tunnels', 10_000), 2)} | ${cell(of('requests')?.rate, 0)} | ${cell(scaled('requests', 10_000), 2)} | ${cell(of('download')?.rate, 0)} | ${cell(scaled('download', 1024), 2)} |`
  })
  const head =
    '| proxy | new tunnel + 1 request, per s | CPU s per 10,000 | kept-alive plain GET, per s | CPU s per 10,000 | bulk MB/s | CPU s per GB |'
  return [head, '|---|---|---|---|---|---|---|', ...rows].join('\n')
}

interface Measured {
  perTunnel: number
  added: number
  throughGateway: number
}

function compare(figures: Map<string, Figures>, { perTunnel, added, throughGateway }: Measured): Result[] {
  const value = (name: string, kind: Kind, what: keyof Figures) => median(figures.get(`${name} ${kind}`)?.[what] ?? [])
  const ratio = (what: string, kind: Kind, of: keyof Figures, other: string, target: string): Result[] => {
    const times = (name: string) => value(name, kind, of) / value(other, kind, of)
    if (Number.isNaN(times('Stillpoint'))) return []
    const measured = `${times('Stillpoint').toFixed(2)} x (the bare relay: ${times('bare relay').toFixed(2)} x)`
    return [{ what: `${what}, against ${other}`, value: measured, target }]
  }
  return [
    ...ratio('new tunnels per s', 'tunnels', 'rate', 'proxy-chain', 'at least 2.0 x'),
    ...ratio('new tunnels per s', 'tunnels', 'rate', 'squid', 'at least 1.3 x'),
    ...ratio('new tunnels per s', 'tunnels', 'rate', 'tinyproxy', 'at least 0.9 x'),
    ...ratio('CPU per new tunnel', 'tunnels', 'cpu', 'proxy-chain', 'at most 0.45 x'),
    ...ratio('CPU per new tunnel', 'tunnels', 'cpu', 'tinyproxy', 'at most 1.05 x'),
    ...ratio('kept-alive requests per s', 'requests', 'rate', 'proxy-chain', 'at least 3.0 x'),
    ...ratio('kept-alive requests per s', 'requests', 'rate', 'squid', 'at least 2.0 x'),
    ...ratio('CPU per kept-alive request', 'requests', 'cpu', 'proxy-chain', 'at most 0.35 x'),
    ...ratio('CPU per kept-alive request', 'requests', 'cpu', 'squid', 'at most 0.6 x'),
    ...ratio('bulk', 'download', 'rate', 'squid', 'at least 1.3 x'),
    ...ratio('bulk', 'download', 'rate', 'proxy-chain', 'at least 1.8 x'),
    { what: 'memory per idle tunnel', value: `${perTunnel.toFixed(1)} KB`, target: 'at most 20 KB' },
    {
      what: 'what ten rotations a second add to a new request at p99',
      value: `${added.toFixed(1)} ms`,
      target: 'under 5 ms',
    },
    {
      what: "what the gateway adds to a new request at the median, over the endpoint's own port",
      value: `${throughGateway.toFixed(2)} ms`,
      target: 'under 0.3 ms',
    },
  ]
}
