import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { createServer as createHttpServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { Connection } from '../src/contract/index.ts'
import { nodeOptions, Running, runStillpoint } from '../test/support/process.ts'
import { until } from '../test/support/until.ts'
import { adminPassword, providerKey } from '../test/support/world.ts'
import { isOpen } from './measure.ts'

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
  rotate(): Promise<void>
}

/** startStillpoint runs the product as shipped, with a provider that lends it each of these upstreams in turn. */
export async function startStillpoint(upstreams: number[]): Promise<StillpointContender> {
  let turn = 0
  const gatewayPort = await freePort()
  const provider = createHttpServer((_, response) => {
    const now = Date.now()
    const http = `127.0.0.1:${upstreams[turn++ % upstreams.length]}`
    const data = {
      http,
      realIpAddress: '127.0.0.1',
      expirationAt: now + 3_600_000 + turn * 60_000,
      nextRequestAt: now,
      ttl: 3600,
      ttc: 0,
    }
    response.end(JSON.stringify({ data, success: true, code: 200, status: 'SUCCESS', timestamp: now }))
  })
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
  const dataDir = mkdtempSync(join(tmpdir(), 'stillpoint-bench-'))
  const running = runStillpoint({
    cwd: dataDir,
    env: {
      KIOTPROXY_API_BASE: `http://127.0.0.1:${(provider.address() as AddressInfo).port}`,
      HEALTH_CHECK_INTERVAL: '3600',
      HEALTH_CHECK_URL: 'http://origin.test/',
      ADMIN_PASSWORD: adminPassword,
      DATA_DIR: dataDir,
      LOG_LEVEL: 'error',
      PORT: '0',
      GATEWAY_PORT: String(gatewayPort),
      TRAEFIK_DYNAMIC_DIR: '',
      PROXY_PORT_START: '23000',
      PROXY_PORT_END: '23100',
    },
  })
  const [, url = ''] = await running.untilPrinted(/Dashboard +(http:\S+)/)
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  const call = async (method: string, path: string, body?: unknown) => {
    const reply = await fetch(`${url}/api${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!reply.ok) throw new Error(`${path} answered ${reply.status}: ${await reply.text()}`)
    return (await reply.json()) as Record<string, unknown>
  }
  const { session_id } = await call('POST', '/auth/login', { username: 'admin', password: adminPassword })
  headers['authorization'] = `Bearer ${String(session_id)}`
  await call('POST', '/proxies', { kiotproxy_key: providerKey('bench') })
  const connection = (await call('GET', '/proxies/1/connection')) as unknown as Connection
  // The bench opens more connections from one address than a client may.
  return {
    name: 'Stillpoint',
    port: connection.port,
    gatewayPort,
    credentials: `${connection.username}:${connection.password}`,
    pid: running.child.pid ?? 0,
    rotate: async () => void (await call('POST', '/proxies/1/rotate')),
    async stop() {
      await running.kill('SIGTERM')
      await new Promise((resolve) => provider.close(resolve))
      rmSync(dataDir, { recursive: true, force: true })
    },
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
  const folder = mkdtempSync(join(tmpdir(), `stillpoint-${name}-`))
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

export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}
