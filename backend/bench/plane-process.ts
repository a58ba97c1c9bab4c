import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { hashToken } from '../src/lib/vault.ts'
import type { Route } from '../src/proxy/route.ts'
import { freePort } from '../test/support/data-plane.ts'
import { nodeOptions } from '../test/support/process.ts'
import { until } from '../test/support/until.ts'
import type { Order, Report } from './soak-plane.ts'

/** The sweep of connections. */
const lastingTimers = 1

/** PlaneProcess is a data plane in a process of its own, with endpoints that all lead to one upstream. */
export class PlaneProcess {
  readonly ports: readonly number[]
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, ports: number[]) {
    this.#child = child
    this.ports = ports
  }

  /** Starts it with so many endpoints, and as high a file limit as there can be. */
  static async start(endpoints: number): Promise<PlaneProcess> {
    const script = fileURLToPath(new URL('soak-plane.ts', import.meta.url))
    const command = `ulimit -n 65536 2>/dev/null; exec "$0" "$@"`
    const child = spawn('sh', ['-c', command, process.execPath, '--expose-gc', ...nodeOptions, script], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const ports: number[] = []
    while (ports.length < endpoints) ports.push(await freePort())
    return new PlaneProcess(child, ports)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  async order(order: Order): Promise<Report> {
    this.#child.send(order)
    const [report] = (await once(this.#child, 'message')) as [Report]
    return report
  }

  /** Leads all endpoints to this upstream. */
  async route(host: string, port: number): Promise<void> {
    const routes = this.ports.map((own, index): Route => ({
      name: `proxy${index + 1}`,
      port: own,
      access: { username: 'proxy1', tokenHash: hashToken('token'), allowedNetworks: [] },
      localAddress: null,
      upstream: { kind: 'available', host, port, protocol: 'http', authorization: null },
      isRotating: false,
      isExpected: true,
      limits: { holdMs: 5_000, drainMs: 5_000, idleDrainMs: 300, tunnelIdleMs: 60_000 },
    }))
    await this.order({ kind: 'routes', routes })
  }

  /** What it holds once the connections of all clients, and what waited for them, have ended. */
  async untilEmpty(): Promise<Report> {
    return await until(
      'the data plane to be empty',
      async () => {
        const report = await this.order({ kind: 'report' })
        const { TCPSocketWrap: sockets = 0, Timeout: timers = 0 } = report.resources
        return report.connections === 0 && sockets === 0 && timers <= lastingTimers ? report : null
      },
      20_000,
    )
  }

  stop(): void {
    this.#child.disconnect()
  }
}
