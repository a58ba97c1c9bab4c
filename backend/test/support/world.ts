import { rmSync } from 'node:fs'

import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator/simulator.ts'
import { startApp, type App } from '../../src/app/app.ts'
import { parseConfig, type Config } from '../../src/config.ts'
import type { LogEntry, ProblemBody, ProxyKeyView } from '../../src/contract/index.ts'
import type { Connection } from '../../src/contract/index.ts'
import { systemClock, type Clock } from '../../src/lib/clock.ts'
import { silentLog, type Log } from '../../src/lib/log.ts'
import type { Outside } from '../../src/app/outside.ts'
import { makeTemporaryFolder } from './temporary-folder.ts'

export const adminPassword = 'correct horse battery'

/** Ports below the range that systems give out by themselves; each test process and each world takes another piece. */
const firstPort = 12_000
const portsPerProcess = 8_000
const portsPerWorld = 200
let worlds = 0

export interface WorldOptions {
  environment?: Record<string, string>
  simulator?: SimulatorOptions
  clock?: Clock
  log?: Log
  /** Done before Stillpoint starts in this data folder. */
  prepare?: (simulator: Simulator, config: Config) => Promise<void>
}

/** World is a simulator, a Stillpoint that uses it, and a signed-in client of its API. */
export class World {
  readonly simulator: Simulator
  readonly config: Config
  readonly #parts: Omit<Outside, 'config'>
  app: App
  session = ''

  private constructor(simulator: Simulator, config: Config, parts: Omit<Outside, 'config'>, app: App) {
    this.simulator = simulator
    this.config = config
    this.#parts = parts
    this.app = app
  }

  static async create(options: WorldOptions = {}): Promise<World> {
    const { clock = systemClock, log = silentLog } = options
    const parts = { clock, log, runsTwice: true }
    const simulator = await startSimulator({
      now: () => clock.now(),
      plan: { cooldownSeconds: 0 },
      ...options.simulator,
    })
    const config = parseConfig({
      ...worldEnvironment(simulator),
      ...options.environment,
    })
    await options.prepare?.(simulator, config)
    const app = await startApp({ config, ...parts }).catch(async (error: unknown) => {
      await simulator.stop()
      removeFolder(config)
      throw error
    })
    const world = new World(simulator, config, parts, app)
    await world.signIn()
    return world
  }

  get url(): string {
    return `http://127.0.0.1:${this.app.port}`
  }

  async signIn(): Promise<void> {
    const body = { username: this.config.ADMIN_USERNAME, password: adminPassword }
    const reply = await this.call<{ session_id: string }>('POST', '/api/auth/login', body)
    this.session = reply.body.session_id
  }

  /** Calls the API as the admin. */
  async call<T = ProblemBody>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; headers: Headers; body: T }> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.session === '' ? {} : { authorization: `Bearer ${this.session}` }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: (text === '' ? null : JSON.parse(text)) as T }
  }

  /** Adds a good key to the simulator and to Stillpoint. */
  async addKey(name: string, request: Record<string, unknown> = {}): Promise<ProxyKeyView> {
    const kiotproxy_key = providerKey(name)
    this.simulator.addKey(kiotproxy_key)
    const reply = await this.call<ProxyKeyView>('POST', '/api/proxies', { key_name: name, kiotproxy_key, ...request })
    if (reply.status !== 201) throw new Error(`adding ${name} gave ${reply.status}: ${JSON.stringify(reply.body)}`)
    return reply.body
  }

  async list(): Promise<ProxyKeyView[]> {
    return (await this.call<ProxyKeyView[]>('GET', '/api/proxies')).body
  }

  async get(id: number): Promise<ProxyKeyView> {
    return (await this.call<ProxyKeyView>('GET', `/api/proxies/${id}`)).body
  }

  async connection(id: number): Promise<Connection> {
    return (await this.call<Connection>('GET', `/api/proxies/${id}/connection`)).body
  }

  async logs(): Promise<LogEntry[]> {
    return (await this.call<LogEntry[]>('GET', '/api/logs?limit=1000')).body
  }

  /** Stops and starts Stillpoint on the same data; the simulator goes on. */
  async restart(): Promise<void> {
    await this.app.stop()
    this.app = await startApp({ config: this.config, ...this.#parts })
  }

  /** Begins with an empty data folder and no password given, once the app was stopped; returns the one that was generated. */
  async startAnew(): Promise<string> {
    removeFolder(this.config)
    this.app = await startApp({ config: { ...this.config, ADMIN_PASSWORD: undefined }, ...this.#parts })
    return this.app.generatedPassword ?? ''
  }

  async stop(): Promise<void> {
    await this.app.stop()
    await this.simulator.stop()
    removeFolder(this.config)
  }
}

function removeFolder({ DATA_DIR }: Config): void {
  rmSync(DATA_DIR, { recursive: true, force: true })
}

/** worldEnvironment is a whole environment for one Stillpoint that uses this simulator. */
export function worldEnvironment(simulator: Simulator): Record<string, string> & { DATA_DIR: string } {
  const processIndex = Number(process.env['VITEST_POOL_ID'] ?? 1) % 2
  const start = firstPort + processIndex * portsPerProcess + ((worlds++ * portsPerWorld) % portsPerProcess)
  return {
    PORT: '0',
    GATEWAY_PORT: '0',
    TRAEFIK_DYNAMIC_DIR: '',
    PROXY_PORT_START: String(start),
    PROXY_PORT_END: String(start + portsPerWorld - 1),
    DATA_DIR: makeTemporaryFolder('test'),
    ADMIN_PASSWORD: adminPassword,
    KIOTPROXY_API_BASE: simulator.apiBase,
    HEALTH_CHECK_URL: simulator.originUrl,
  }
}

/** providerKey makes a key that looks like KiotProxy's, the same for the same name. */
export function providerKey(name: string): string {
  return `K${Buffer.from(name).toString('hex').padEnd(32, '0').slice(0, 32)}`
}
