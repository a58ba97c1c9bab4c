// The plane alone in a process of its own: it takes tables over IPC and tells what it holds. With --expose-gc.
import { PlaneMirror } from '../src/endpoints/plane-mirror.ts'
import { systemClock } from '../src/lib/clock.ts'
import { silentLog } from '../src/lib/log.ts'
import { InProcessPlane } from '../src/plane/plane.ts'
import type { Route } from '../src/plane/table.ts'

/** What it gets back for each list of routes, and for null, which changes nothing. */
export interface Held {
  rss: number
  /** Bytes in use after a collection: heap and buffers. */
  used: number
  connections: number
  tunnels: number
  requests: number
  /** Sockets, timers and the like that this process holds, by kind. */
  resources: Record<string, number>
}

const plane = new InProcessPlane({
  host: '127.0.0.1',
  domain: 'localhost',
  trustedProxies: [],
  onVisit: ({ socket }) => socket.destroy(),
  clock: systemClock,
  log: silentLog,
})
const mirror = new PlaneMirror(plane)
let ids: number[] = []

process.on('message', (routes: Route[] | null) => void obey(routes))
process.on('disconnect', () => process.exit())

async function obey(routes: Route[] | null): Promise<void> {
  if (routes !== null) {
    ids = routes.map(({ id }) => id)
    mirror.apply(routes)
    await mirror.settled()
  }
  process.send?.(held())
}

function held(): Held {
  globalThis.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  const traffic = ids.map((id) => mirror.traffic(id))
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
