import { rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import type { Connection } from '../src/contract/index.ts'
import { createTestCertificate } from '../test/support/certificates.ts'
import { runStillpoint, type Running } from '../test/support/process.ts'
import { makeTemporaryFolder } from '../test/support/temporary-folder.ts'
import { adminPassword, providerKey } from '../test/support/world.ts'

/** Ports between those of the tests and those that the system gives out by itself. */
const firstPort = 29_000
const portsEach = 100
/** Long, for a machine under load. */
const callTimeoutMs = 20_000
const stopTimeoutMs = 20_000
let started = 0

/** EndpointDoor is how one key of it is used. */
export interface EndpointDoor {
  name: string
  /** The endpoint's own. */
  port: number
  token: string
  /** `user:password`. */
  credentials: string
}

/** Stillpoint is the product as shipped, in a process of its own, with as many keys as were asked for. */
export interface Stillpoint {
  running: Running
  pid: number
  /** Of the API. */
  url: string
  gatewayPort: number
  tlsPort: number
  endpoints: EndpointDoor[]
  /** Calls the API as the admin; throws where it answers with a problem. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>
  stop(): Promise<void>
}

export interface StillpointOptions {
  keys?: number
  /** The checkout that is run, which must be built; by default this one. */
  root?: string
  /** Further options of Node. */
  options?: string[]
}

/** runProduct starts it, with a provider that lends each of these upstreams in turn. */
export async function runProduct(upstreams: readonly number[], options: StillpointOptions = {}): Promise<Stillpoint> {
  const { keys = 1 } = options
  const provider = await startProvider(upstreams)
  const folder = makeTemporaryFolder('bench')
  const port = firstPort + started++ * portsEach
  const running = runStillpoint({
    ...(options.root === undefined ? {} : { root: options.root }),
    options: options.options ?? [],
    cwd: folder,
    env: {
      KIOTPROXY_API_BASE: provider.url,
      HEALTH_CHECK_INTERVAL: '3600',
      HEALTH_CHECK_URL: 'http://origin.test/',
      ADMIN_PASSWORD: adminPassword,
      DATA_DIR: folder,
      LOG_LEVEL: 'error',
      PORT: '0',
      GATEWAY_PORT: '0',
      TLS_PORT: '0',
      ...(await writeCertificate(folder)),
      TRAEFIK_DYNAMIC_DIR: '',
      PROXY_PORT_START: String(port),
      PROXY_PORT_END: String(port + portsEach - 1),
    },
  })
  const [, url = ''] = await running.untilPrinted(/Dashboard +(http:\S+)/)
  const call = await signIn(url)
  const endpoints: EndpointDoor[] = []
  const shared = { gatewayPort: 0, tlsPort: 0 }
  for (let key = 1; key <= keys; key++) {
    await call('POST', '/proxies', { kiotproxy_key: providerKey(`bench ${key}`) })
    const connection = await call<Connection>('GET', `/proxies/${key}/connection`)
    const { username, password, shared_url, tls_url } = connection
    shared.gatewayPort = portOf(shared_url)
    shared.tlsPort = portOf(tls_url)
    const credentials = `${username}:${password}`
    endpoints.push({ name: username, port: connection.port, token: password, credentials })
  }
  return {
    running,
    pid: running.child.pid ?? 0,
    url,
    ...shared,
    endpoints,
    call,
    async stop() {
      running.child.kill('SIGTERM')
      // One that hangs must not keep the bench.
      await running.ended(stopTimeoutMs).catch(() => running.kill())
      await provider.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function portOf(url: string | null): number {
  if (url === null) throw new Error('a shared port is not open')
  return Number(new URL(url).port)
}

async function startProvider(upstreams: readonly number[]): Promise<{ url: string; stop(): Promise<unknown> }> {
  let turn = 0
  const server = createServer((_, response) => {
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
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => new Promise((resolve) => server.close(resolve)),
  }
}

async function writeCertificate(folder: string): Promise<{ TLS_CERT: string; TLS_KEY: string }> {
  const { cert, key } = await createTestCertificate('localhost', '*.localhost')
  const paths = { TLS_CERT: join(folder, 'cert.pem'), TLS_KEY: join(folder, 'key.pem') }
  writeFileSync(paths.TLS_CERT, cert)
  writeFileSync(paths.TLS_KEY, key)
  return paths
}

async function signIn(url: string): Promise<Stillpoint['call']> {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  const call: Stillpoint['call'] = async <T>(method: string, path: string, body?: unknown) => {
    const reply = await fetch(`${url}/api${path}`, {
      method,
      headers,
      signal: AbortSignal.timeout(callTimeoutMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!reply.ok) throw new Error(`${path} answered ${reply.status}: ${await reply.text()}`)
    return (await reply.json()) as T
  }
  const login = { username: 'admin', password: adminPassword }
  const { session_id } = await call<{ session_id: string }>('POST', '/auth/login', login)
  headers['authorization'] = `Bearer ${session_id}`
  return call
}
