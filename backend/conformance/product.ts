import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import type { Connection } from '../src/contract/index.ts'
import { run, type Running } from '../test/support/process.ts'
import { makeTemporaryFolder } from '../test/support/temporary-folder.ts'
import { adminPassword, providerKey } from '../test/support/world.ts'
import { Provider } from './provider.ts'

/** Product is a built Stillpoint that runs as a process of its own, as `npm start` runs it. */
export interface Product<Prepared> {
  pid: number
  /** What was made of it before it is used. */
  prepared: Prepared
  stop: () => Promise<void>
}

export type AddEndpoint = (allowedNetworks: string[]) => Promise<Connection>

export interface ProductOptions {
  /** A checkout whose backend/dist is built. */
  folder: string
  upstreamPort: number
  environment?: Record<string, string>
}

/** Another piece for each process, below the range that systems give out by themselves. */
const firstPort = 20_000 + (process.pid % 1000) * 10

/** startProduct gives the product a provider that lends it the one upstream, signs in and prepares it. Where that fails nothing is left. */
export async function startProduct<Prepared>(
  { folder, upstreamPort, environment = {} }: ProductOptions,
  prepare: (addEndpoint: AddEndpoint) => Promise<Prepared>,
): Promise<Product<Prepared>> {
  const provider = await new Provider(upstreamPort).start()
  const dataDir = makeTemporaryFolder('conformance')
  const running = run(process.execPath, startArguments(folder), {
    cwd: dataDir,
    env: {
      KIOTPROXY_API_BASE: provider.url,
      HEALTH_CHECK_INTERVAL: '3600',
      HEALTH_CHECK_URL: `${provider.url}/`,
      ADMIN_PASSWORD: adminPassword,
      DATA_DIR: dataDir,
      LOG_LEVEL: 'error',
      PORT: '0',
      GATEWAY_PORT: '0',
      TRAEFIK_DYNAMIC_DIR: '',
      PROXY_PORT_START: String(firstPort),
      PROXY_PORT_END: String(firstPort + 9),
      ...environment,
    },
  })
  const stop = async () => {
    await running.kill('SIGTERM')
    await provider.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
  try {
    return { pid: running.child.pid ?? 0, prepared: await prepare(await signIn(running)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** What the checkout's own `npm start` gives to Node, with the path of its script made absolute. */
function startArguments(folder: string): string[] {
  const file = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { scripts: { start: string } }
  return file.scripts.start
    .split(' ')
    .slice(1)
    .map((word) => (word.endsWith('.js') ? join(folder, word) : word))
}

async function signIn(running: Running): Promise<AddEndpoint> {
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
  const { session_id: session } = await call('POST', '/auth/login', { username: 'admin', password: adminPassword })
  headers['authorization'] = `Bearer ${String(session)}`
  let endpoints = 0
  return async (allowedNetworks) => {
    endpoints += 1
    const key = providerKey(`endpoint ${endpoints}`)
    const { id } = await call('POST', '/proxies', { kiotproxy_key: key, allowed_ips: allowedNetworks })
    return (await call('GET', `/proxies/${String(id)}/connection`)) as unknown as Connection
  }
}
