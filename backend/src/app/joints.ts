import { createRouteTable } from '../endpoints/routing.ts'
import type { LiveEvents } from '../api/live-events.ts'
import { noteDrain } from '../leases/note-drain.ts'
import { describeChange } from './describe-change.ts'
import type { ControlPlane } from './control.ts'
import type { Stops } from './outside.ts'
import type { DataPlane } from './plane.ts'
import type { Storage } from './storage.ts'
import type { TraefikFile } from './traefik.ts'
import type { Shown } from './views.ts'

interface Joined {
  storage: Storage
  data: DataPlane
  shown: Shown
  control: ControlPlane
  events: LiveEvents
  traefik: TraefikFile
}

/**
 * joinRooms has the rooms follow each other: the plane the keys and endpoints, live events what changed, rotation and health what the
 * plane tells. Every subscription is here but that of the log, which is made with its bus.
 */
export function joinRooms({ storage, data, shown, control, events, traefik }: Joined, stops: Stops): void {
  const { store, history, bus } = storage
  const { mirror } = data
  const { measurements, routing, running } = shown
  const { checker, deleted, worker } = control
  const toRoutes = createRouteTable(routing)
  const applyRoutes = () => mirror.apply(toRoutes(store.proxies, store.data.settings, running.ids))
  const tellOf = (id: number) => events.publish({ type: 'proxy.updated', id })
  /** The plane speaks of endpoints. */
  const withKeyAt = (endpointId: number, tell: (keyId: number) => void) => {
    const proxy = store.findProxyAt(endpointId)
    if (proxy) tell(proxy.key.id)
  }
  applyRoutes()
  stops.push(
    store.subscribe((changes) => {
      if (changes.keys.length + changes.endpoints.length > 0 || changes.settings !== null) {
        applyRoutes()
        traefik.follow()
      }
      measurements.followLeases(changes.keys.flatMap(({ after }) => after ?? []))
      for (const news of describeChange(changes)) events.publish(news)
    }),
    running.changed.subscribe((id) => {
      applyRoutes()
      tellOf(id)
    }),
    history.added.subscribe((entry) => events.publish({ type: 'log.added', data: entry })),
    mirror.drained.subscribe((id, drained) => {
      const proxy = store.findProxyAt(id)
      if (proxy) noteDrain(bus, proxy, drained)
    }),
    mirror.listenerChanged.subscribe((id) => withKeyAt(id, tellOf)),
    mirror.upstreamFailing.subscribe(({ id }) => withKeyAt(id, (keyId) => checker.suspect(keyId))),
    deleted.over.subscribe((id) => void measurements.forget(id)),
    () => deleted.stop(),
    checker.lost.subscribe((id) => worker.replaceLost(id)),
    checker.checked.subscribe((id, check) => measurements.noteCheck(id, check)),
    checker.confirmed.subscribe((ids) => {
      for (const id of ids) tellOf(id)
    }),
  )
}
