// The data plane alone in a process of its own: told of routes over IPC, it tells what it holds. With --expose-gc.
import { systemClock } from '../src/lib/clock.ts'
import { silentLog } from '../src/lib/log.ts'
import { readOccupancy } from '../src/proxy/plane.ts'
import { Listeners } from '../src/proxy/listeners.ts'
import type { Route } from '../src/proxy/route.ts'

/** What the parent sends. */
export type Order = { kind: 'routes'; routes: Route[] } | { kind: 'report' }

/** What it gets back for each order. */
export interface Report {
  rss: number
  /** Bytes in use after a collection: heap and buffers. */
  used: number
  connections: number
  tunnels: number
  requests: number
  /** Sockets, timers and the like that this process holds, by kind. */
  resources: Record<string, number>
}

const listeners = new Listeners({
  host: '127.0.0.1',
  occupancy: readOccupancy({ clock: systemClock, log: silentLog }),
  trustedProxies: [],
  onVisit: (_, { socket }) => socket.destroy(),
  clock: systemClock,
  log: silentLog,
})
let ports: number[] = []

process.on('message', (order: Order) => void obey(order))
process.on('disconnect', () => process.exit())

async function obey(order: Order): Promise<void> {
  if (order.kind === 'routes') {
    ports = order.routes.map(({ port }) => port)
    listeners.reconcile(order.routes)
    await listeners.settled()
  }
  process.send?.(report())
}

function report(): Report {
  globalThis.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  const traffic = ports.map((port) => listeners.traffic(port))
  const total = (kind: 'connections' | 'tunnels' | 'requests') => traffic.reduce((sum, counts) => sum + counts[kind], 0)
  const resources: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1
  return {
    rss,
    used: heapUsed + external,
    connections: total('connections'),
    tunnels: total('tunnels'),
    requests: total('requests'),
    resources,
  }
}
