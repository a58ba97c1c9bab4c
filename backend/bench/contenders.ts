import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { freePort } from '../test/support/data-plane.ts'
import { nodeOptions, Running } from '../test/support/process.ts'
import { makeTemporaryFolder } from '../test/support/temporary-folder.ts'
import { until } from '../test/support/until.ts'
import { isOpen } from './ports.ts'
import { runProduct } from './stillpoint.ts'

/** Contender is a proxy that sends all that it gets through one upstream. */
export interface Contender {
  name: string
  port: number
  /** `user:password`. */
  credentials: string
  pid: number
  stop(): Promise<void>
}

interface Script {
  running: Running
  port: number
}

/** runNode starts a script of this folder in a process of its own and waits for the port that it prints. */
export async function runNode(script: string, args: string[] = [], options: string[] = []): Promise<Script> {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const running = new Running(
    spawn(process.execPath, [...options, path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] }),
  )
  const [, port] = await running.untilPrinted(/port (\d+)/)
  return { running, port: Number(port) }
}

export async function startBareProxyChain(upstream: number): Promise<Contender> {
  return contend('proxy-chain', await runNode('bare-proxy-chain.ts', [String(upstream)]))
}

/** startBareRelay is no proxy: it shows what any proxy on Node's sockets costs at least on this machine. */
export async function startBareRelay(upstream: number): Promise<Contender> {
  return contend('bare relay', await runNode('bare-relay.ts', [String(upstream)], nodeOptions))
}

function contend(name: string, { running, port }: Script): Contender {
  return {
    name,
    port,
    credentials: 'proxy1:token',
    pid: running.child.pid ?? 0,
    stop: () => running.kill(),
  }
}

export interface StillpointContender extends Contender {
  gatewayPort: number
  /** Credentials of two endpoints, one behind the other: a load of requests takes them in turn. */
  changingCredentials: string
  rotate(): Promise<void>
}

/** startStillpoint runs the product as shipped, of this checkout or another one, with two keys. */
export async function startStillpoint(
  name: string,
  upstreams: readonly number[],
  root?: string,
): Promise<StillpointContender> {
  const product = await runProduct(upstreams, { keys: 2, ...(root === undefined ? {} : { root }) })
  const [first, second] = product.endpoints
  if (!first || !second) throw new Error('it has not the two keys that it was given')
  return {
    name,
    port: first.port,
    gatewayPort: product.gatewayPort,
    credentials: first.credentials,
    changingCredentials: `${first.credentials} ${second.credentials}`,
    pid: product.pid,
    rotate: async () => void (await product.call('POST', '/proxies/1/rotate')),
    stop: () => product.stop(),
  }
}

/** startSquid and startTinyproxy give null where the program is not installed. `more` is for their configuration. */
export async function startSquid(upstream: number, more = ''): Promise<Contender | null> {
  const port = await freePort()
  return await startInstalled('squid', port, (folder) => [
    ['-N', '-f', join(folder, 'squid.conf')],
    {
      'squid.conf': `http_port 127.0.0.1:${port}
cache_peer 127.0.0.1 parent ${upstream} 0 no-query no-digest default
never_direct allow all
acl all_ports port 1-65535
${more}
http_access allow all_ports
cache deny all
access_log none
cache_log ${folder}/cache.log
cache_store_log none
pid_filename none
coredump_dir ${folder}
shutdown_lifetime 0 seconds
pinger_enable off
`,
    },
  ])
}

export async function startTinyproxy(upstream: number, more = ''): Promise<Contender | null> {
  const port = await freePort()
  return await startInstalled('tinyproxy', port, (folder) => [
    ['-d', '-c', join(folder, 'tinyproxy.conf')],
    {
      'tinyproxy.conf': `Port ${port}
Listen 127.0.0.1
Timeout 600
MaxClients 4000
Upstream http 127.0.0.1:${upstream}
LogLevel Critical
LogFile "${folder}/log"
${more}
`,
    },
  ])
}

type Setup = [args: string[], files: Record<string, string>]

async function startInstalled(name: string, port: number, setUp: (folder: string) => Setup): Promise<Contender | null> {
  const path = findProgram(name)
  if (path === null) return null
  const folder = makeTemporaryFolder(name)
  const [args, files] = setUp(folder)
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
  execFileSync('chmod', ['-R', '777', folder])
  const child: ChildProcess = spawn(path, args, { stdio: 'ignore' })
  const running = new Running(child)
  await until(`${name} to listen`, () => isOpen(port))
  return {
    name,
    port,
    credentials: 'proxy1:token',
    pid: child.pid ?? 0,
    async stop() {
      await running.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function findProgram(name: string): string | null {
  try {
    return execFileSync('sh', ['-c', `PATH=$PATH:/usr/sbin:/usr/local/sbin command -v ${name}`])
      .toString()
      .trim()
  } catch {
    return null
  }
}
