import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import type { Route } from '../src/plane/table.ts'
import { freePort, leaseAt, usualRoute } from '../test/support/data-plane.ts'
import { nodeOptions } from '../test/support/process.ts'
import { until } from '../test/support/until.ts'
import type { Held } from './soak-plane.ts'

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

  async order(routes: readonly Route[] | null): Promise<Held> {
    this.#child.send(routes as Route[])
    const [held] = (await once(this.#child, 'message')) as [Held]
    return held
  }

  /** Leads all endpoints to this upstream. */
  async route(host: string, port: number): Promise<void> {
    const routes = this.ports.map((own, index): Route => ({
      ...usualRoute(index + 1),
      port: own,
      access: usualRoute(1).access,
      upstream: leaseAt(host, port),
      isExpected: true,
      limits: { holdMs: 5_000, drainMs: 5_000, idleDrainMs: 300, tunnelIdleMs: 60_000 },
    }))
    await this.order(routes)
  }

  /** What it holds once the connections of all clients, and what waited for them, have ended. */
  async untilEmpty(): Promise<Held> {
    return await until(
      'the data plane to be empty',
      async () => {
        const report = await this.order(null)
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
