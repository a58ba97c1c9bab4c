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
  type StillpointContender,
} from './contenders.ts'
import { changing, compareFigures, Figures, former, product, renderFigures, type Kind } from './figures.ts'
import { cpuSeconds, describe, rssMegabytes, type Result } from './measure.ts'
import { base, rounds } from './options.ts'

/** Enough that what runs for days is measured warm: the first round only warms up. */
const work: Record<Kind, number> = { tunnels: 8_000, resets: 8_000, requests: 60_000, download: 32 }
const kinds = Object.keys(work) as Kind[]
/** As many as one address may have at an endpoint, nearly. */
const idleTunnels = 900
const latencyRequests = 6_000
const pairs = 2_000
const loadTimeoutMs = 120_000

interface Outcome {
  units: number
  seconds: number
  failed: number
  p50: number
  p99: number
}

/** benchTraffic gives the product, the floor, and the other proxies that there are, the same work in turn. */
export async function benchTraffic(): Promise<{ table: string; results: Result[] }> {
  const upstream = await runNode('fast-upstream.ts')
  const other = await runNode('fast-upstream.ts')
  const upstreams = [upstream.port, other.port]
  const stillpoint = await startStillpoint(product, upstreams)
  const contenders = [
    stillpoint,
    base === null ? null : await startStillpoint(former, upstreams, base),
    await startBareRelay(upstream.port),
    await startBareProxyChain(upstream.port),
    await startSquid(upstream.port),
    await startTinyproxy(upstream.port),
  ].filter((contender) => contender !== null)
  // First of all: after other work a process gives memory back, and what tunnels take can't be told.
  const perTunnel = await measureIdle(stillpoint)
  const figures = new Figures()
  for (let round = 0; round <= rounds; round++) await playRound(stillpoint, contenders, round === 0 ? null : figures)
  const added = await measureRotation(stillpoint)
  const throughGateway = await measureGateway(stillpoint)
  for (const contender of contenders) await contender.stop()
  await upstream.running.kill()
  await other.running.kill()
  const names = contenders.map(({ name }) => name)
  return {
    table: renderFigures(names, figures),
    results: [
      ...compareFigures(names, figures),
      { what: 'memory per idle tunnel', value: `${perTunnel.toFixed(1)} KB`, target: 'at most 15 KB' },
      {
        what: 'what ten rotations a second add to a new request at p99',
        value: describe(added, 1, 'ms'),
        target: 'under 3 ms',
      },
      {
        what: "what the gateway adds to a new request at the median, over the endpoint's own port",
        value: describe(throughGateway, 2, 'ms'),
        target: 'under 0.1 ms',
      },
    ],
  }
}

/** Every contender in turn in each kind of work, so that what changes with the machine's speed changes for all. */
async function playRound(
  stillpoint: StillpointContender,
  contenders: readonly Contender[],
  figures: Figures | null,
): Promise<void> {
  for (const kind of kinds) {
    for (const contender of contenders) await measure(contender, kind, figures)
    if (kind !== 'requests') continue
    const { gatewayPort: port, changingCredentials: credentials } = stillpoint
    await measure({ ...stillpoint, name: changing, port, credentials }, kind, figures)
  }
}

async function measure(contender: Contender, kind: Kind, figures: Figures | null): Promise<void> {
  const amount = work[kind]
  const before = cpuSeconds(contender.pid)
  const outcome = await load(kind, contender, amount)
  const cpu = cpuSeconds(contender.pid) - before
  if (outcome.failed > 0) console.log(`${contender.name}: ${outcome.failed} of ${outcome.units} ${kind} failed`)
  // A rate of failures is no rate.
  const isGood = outcome.failed <= outcome.units / 100
  figures?.add(
    contender.name,
    kind,
    isGood ? { rate: outcome.units / outcome.seconds, cpu: cpu / outcome.units } : null,
  )
}

async function load(
  kind: string,
  { port, credentials }: Contender,
  amount: number,
  otherPort?: number,
): Promise<Outcome> {
  const running = startLoad(kind, port, credentials, amount, otherPort)
  // What hangs must not hold up the others: it has failed.
  await running.ended(loadTimeoutMs).catch(() => running.kill())
  if (running.output === '')
    return { units: amount, seconds: Number.NaN, failed: amount, p50: Number.NaN, p99: Number.NaN }
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
async function measureRotation(contender: StillpointContender): Promise<number[]> {
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
  return added.slice(1)
}

/** Milliseconds that the shared port adds to a new request at the median, over the endpoint's own; the first round warms up. */
async function measureGateway(contender: StillpointContender): Promise<number[]> {
  const added: number[] = []
  for (let round = 0; round <= rounds; round++) {
    added.push((await load('paired', contender, pairs, contender.gatewayPort)).p50)
  }
  return added.slice(1)
}
