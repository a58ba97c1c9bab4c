import { spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { nodeOptions, run, Running } from '../test/support/process.ts'
import { runNode } from './contenders.ts'
import { Inspector, inspectorOptions, type Memory } from './inspector.ts'
import { fineCpuSeconds, median, type Result } from './measure.ts'
import { rounds } from './options.ts'
import { runProduct } from './stillpoint.ts'

/** Within what a plane keeps for those whom it does not know yet. */
const silent = 1_500
const amount = 2_000
const settleMs = 500
const idleMs = 5_000
const loadTimeoutMs = 90_000
/** What a stranger costs does not differ much between rounds, and waiting for the end of silent ones takes long. */
const lesserRounds = Math.min(rounds, 3)
const bareName = 'bare server'

/** Host is a process that is visited. */
interface Host {
  running: Running
  pid: number
  /** CPU seconds that it takes in a second while nobody is there. */
  idle: number
  inspector: Inspector
}

/** Door is a port of a host. */
interface Door {
  name: string
  host: Host
  port: number
}

const kinds = ['silence', 'half a head', 'garbage', 'wrong token'] as const
type Kind = (typeof kinds)[number]

interface Outcome {
  opened: number
  open: number
  seconds: number
}

let runs = 0

/** benchStrangers measures what connections cost that never show any right to be there, beside a bare server of Node's. */
export async function benchStrangers(): Promise<Result[]> {
  const upstream = await runNode('fast-upstream.ts')
  const product = await runProduct([upstream.port], { options: inspectorOptions })
  const bare = run(process.execPath, [...inspectorOptions, ...nodeOptions, pathOf('bare-server.ts')], { cwd: '.' })
  const [, barePort] = await bare.untilPrinted(/port (\d+)/)
  const host = await settle(product.running)
  const doors: Door[] = [
    { name: 'own port', host, port: product.endpoints[0]?.port ?? 0 },
    { name: 'shared port', host, port: product.gatewayPort },
    { name: 'TLS port', host, port: product.tlsPort },
    { name: bareName, host: await settle(bare), port: Number(barePort) },
  ]
  const memory: string[] = []
  for (const door of doors) memory.push(await measureMemory(door))
  for (const door of doors) door.host.inspector.close()
  const results = [{ what: 'memory per silent connection', value: memory.join('; '), target: 'at most 3 KB' }]
  for (const kind of kinds) results.push(await compareCpu(doors, kind))
  await bare.kill()
  await product.stop()
  await upstream.running.kill()
  return results
}

async function settle(running: Running): Promise<Host> {
  const pid = running.child.pid ?? 0
  const inspector = await Inspector.open(running)
  await delay(settleMs)
  const before = fineCpuSeconds(pid)
  await delay(idleMs)
  return { running, pid, inspector, idle: ((fineCpuSeconds(pid) - before) / idleMs) * 1_000 }
}

/** What is in use after a collection tells what each costs; resident memory grows once, for the first ones. */
async function measureMemory(door: Door): Promise<string> {
  const taken: Memory[] = []
  for (let round = 0; round <= lesserRounds; round++) taken.push(await holdSilent(door))
  const used = median(taken.slice(1).map((each) => each.used))
  const resident = Math.max(...taken.map((each) => each.rss))
  return `${door.name}: ${used.toFixed(1)} KB in use, ${resident.toFixed(1)} KB resident`
}

/** Kilobytes for each of the silent connections that are held. */
async function holdSilent({ host: { inspector }, port }: Door): Promise<Memory> {
  const before = await inspector.memory()
  const load = startLoad('silence', port, silent)
  await load.untilPrinted(/\n/)
  await delay(settleMs)
  const during = await inspector.memory()
  const { open } = lastOf(load)
  await load.kill()
  await delay(settleMs)
  const each = (what: keyof Memory) => (during[what] - before[what]) / open / 1024
  return { used: each('used'), rss: each('rss') }
}

/** Each door in turn, round by round; the first round warms up. */
async function compareCpu(doors: readonly Door[], kind: Kind): Promise<Result> {
  // Over TLS a request comes later, from those who are let in.
  const open = doors.filter(({ name }) => name !== 'TLS port' || kind === 'silence' || kind === 'garbage')
  const taken: number[][] = []
  for (let round = 0; round <= lesserRounds; round++) {
    const each: number[] = []
    for (const { host, port } of open) each.push(await measureCpu(host, kind, port))
    if (round > 0) taken.push(each)
  }
  const parts = open.map(({ name }, index) => `${name}: ${median(taken.map((each) => each[index] ?? 0)).toFixed(3)} ms`)
  return { what: `CPU per connection until it is closed: ${kind}`, value: parts.join('; '), target: 'at most 0.05 ms' }
}

/** Milliseconds of CPU for each connection, without what the host takes anyway. */
async function measureCpu({ pid, idle }: Host, kind: Kind, port: number): Promise<number> {
  const before = fineCpuSeconds(pid)
  const load = startLoad(kind, port, amount)
  await load.ended(loadTimeoutMs)
  const { opened, open, seconds } = lastOf(load)
  if (open > 0) console.log(`${kind} at ${port}: ${open} of ${opened} were not ended`)
  return ((fineCpuSeconds(pid) - before - idle * seconds) * 1_000) / opened
}

function startLoad(kind: Kind, port: number, count: number): Running {
  const args = [pathOf('stranger-load.ts'), kind, String(port), String(count), String(runs++)]
  return new Running(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }))
}

function lastOf({ output }: Running): Outcome {
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Outcome
}

function pathOf(script: string): string {
  return fileURLToPath(new URL(script, import.meta.url))
}
