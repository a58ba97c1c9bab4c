import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

import { Exit, type ExitFault } from '../simulator/exit.ts'
import { listen, Network } from '../simulator/network.ts'
import { PlaneProcess } from './plane-process.ts'
import { until } from '../test/support/until.ts'
import { median } from './measure.ts'
import { bodyOf, createAgent, exchange, type Way } from './soak-clients.ts'
import type { Held } from './soak-plane.ts'

const ways: Way[] = ['plain', 'plain', 'tunnel', 'tunnel', 'socks']
const pauseMs = 300
const sizes = [200, 5_000, 300_000]
/** How long an exit that has a fault has it, and how long one that was replaced lives on. */
const faultMs = 300
const afterlifeMs = 700

export interface SoakResult {
  rotations: number
  done: number
  /** Requests that failed while nothing was wrong: there must be none. */
  failures: string[]
  /** Requests that failed while an exit was faulty or was killed under them. */
  excused: number
  bytes: { clients: number; origins: number }
  /** Memory of the middle and the last third, in bytes: resident, and in use after a collection. */
  memory: { rss: [number, number]; used: [number, number] }
  /** What is left when all clients are gone. */
  left: Held & { exitConnections: number }
}

/** A time in which requests may fail, in milliseconds. */
interface BadTime {
  from: number
  to: number
}

/**
 * runSoak keeps clients busy for so many seconds while the upstream is replaced every second, at times by a faulty one, and
 * counts every byte on both ends.
 */
export async function runSoak(seconds: number, clients: number): Promise<SoakResult> {
  const network = new Network()
  const sent = new Map<number, number>()
  const origin = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => answer(incoming, response, sent))
  network.originPort = await listen(origin, '127.0.0.1')
  const plane = await PlaneProcess.start(1)
  const run: Run = { isOver: false, badTimes: [], done: new Map(), failures: [], excused: 0, nextId: 1 }
  const exits = new Exits(network, plane, run)
  await exits.rotate()
  const working = Array.from({ length: clients }, (_, index) =>
    work(ways[index % ways.length] ?? 'plain', plane.ports[0] ?? 0, run),
  )
  const reports: Held[] = []
  for (let second = 0; second < seconds; second++) {
    await delay(1_000)
    await exits.rotate()
    reports.push(await plane.order(null))
  }
  run.isOver = true
  await Promise.all(working)
  const left = await plane.untilEmpty()
  const exitConnections = await exits.stop()
  plane.stop()
  origin.closeAllConnections()
  origin.close()
  return {
    rotations: exits.count,
    done: run.done.size,
    failures: run.failures,
    excused: run.excused,
    bytes: {
      clients: sum(run.done.values()),
      origins: sum([...run.done.keys()].map((id) => sent.get(id) ?? 0)),
    },
    memory: { rss: thirds(reports.map(({ rss }) => rss)), used: thirds(reports.map(({ used }) => used)) },
    left: { ...left, exitConnections },
  }
}

interface Run {
  isOver: boolean
  badTimes: BadTime[]
  /** Bytes of the bodies of each request that succeeded, by its number. */
  done: Map<number, number>
  failures: string[]
  excused: number
  nextId: number
}

/** One client: it asks, compares what came with what must come, pauses, and asks again. */
async function work(way: Way, port: number, run: Run): Promise<void> {
  const agent = createAgent(way, port)
  while (!run.isOver) {
    const id = run.nextId++
    const size = sizes[id % sizes.length] ?? 0
    const isUpload = id % 4 === 0
    const startedAt = performance.now()
    try {
      const body = isUpload ? bodyOf(id, size) : null
      const { bytes, hash } = await exchange(way, { agent, port }, { path: `/${id}/${size}`, body })
      const expected = createHash('sha1').update(bodyOf(id, size)).digest('hex')
      if (hash !== expected) run.failures.push(`${way} ${id}: ${bytes} of ${size} bytes, or others`)
      run.done.set(id, bytes + (body?.length ?? 0))
    } catch (error) {
      if (isExcused(run, startedAt)) run.excused += 1
      else run.failures.push(`${way} ${id}: ${String(error)}`)
    }
    await delay(pauseMs * (0.5 + Math.random()))
  }
  agent.destroy()
}

function isExcused({ badTimes }: Run, startedAt: number): boolean {
  const now = performance.now()
  return badTimes.some(({ from, to }) => from <= now && to >= startedAt)
}

/** The origin sends `/ID/SIZE` as it is asked for, an upload back as it came; it notes the bytes of both bodies. */
function answer(incoming: IncomingMessage, response: ServerResponse, sent: Map<number, number>): void {
  const [, id, size] = (incoming.url ?? '').split('/').map(Number)
  const chunks: Buffer[] = []
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
  incoming.on('end', () => {
    const received = Buffer.concat(chunks)
    const body = incoming.method === 'POST' ? received : bodyOf(id ?? 0, size ?? 0)
    sent.set(id ?? 0, received.length + body.length)
    response.end(body)
  })
  incoming.on('error', () => {})
}

/** The exits of a soak: each second another, some of which are faulty for a moment. */
class Exits {
  count = 0
  readonly #network: Network
  readonly #plane: PlaneProcess
  readonly #run: Run
  readonly #living = new Set<Exit>()
  #present: Exit | null = null

  constructor(network: Network, plane: PlaneProcess, run: Run) {
    this.#network = network
    this.#plane = plane
    this.#run = run
  }

  async rotate(): Promise<void> {
    const old = this.#present
    this.count += 1
    const exit = new Exit(`127.60.${this.count >> 8}.${this.count & 255}`, this.#network, () => true)
    await exit.start()
    this.#living.add(exit)
    const fault = ([null, null, null, 'cut', 'silent'] as const)[this.count % 5] ?? null
    if (fault !== null) this.#break(exit, fault)
    await this.#plane.route(exit.bound, exit.httpPort)
    this.#present = exit
    // Some die at once, in the middle of their work; others live on for a moment.
    if (old !== null) void this.#retire(old, this.count % 3 === 0 ? 0 : afterlifeMs)
  }

  /** Ends them all; returns how many connections they still held. */
  async stop(): Promise<number> {
    await until('the retired exits to end', () => this.#living.size === 1)
    const open = this.#present?.openConnections ?? 0
    this.#present?.kill()
    return open
  }

  #break(exit: Exit, fault: ExitFault): void {
    exit.fault = fault
    const badTime = { from: performance.now(), to: Number.POSITIVE_INFINITY }
    this.#run.badTimes.push(badTime)
    setTimeout(() => {
      exit.fault = null
      badTime.to = performance.now()
      // Who was let wait in silence is not answered any more.
      exit.cutOpen()
    }, faultMs)
  }

  async #retire(exit: Exit, afterMs: number): Promise<void> {
    await delay(afterMs)
    const now = performance.now()
    this.#run.badTimes.push({ from: now, to: now })
    exit.kill()
    this.#living.delete(exit)
  }
}

/** The medians of the middle and the last third. */
function thirds(values: readonly number[]): [number, number] {
  const third = Math.floor(values.length / 3)
  return [median(values.slice(third, 2 * third)), median(values.slice(2 * third))]
}

function sum(values: Iterable<number>): number {
  let total = 0
  for (const value of values) total += value
  return total
}
