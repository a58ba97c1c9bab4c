import type { DataFile, LiveEvent, ProxyKey, ProxyKeyView } from './contract/index.ts'
import { isSameList } from './lib/same-list.ts'
import { settings } from './contract/index.ts'

/** describeChange lists, as live events, what differs between two versions of the data. Rows that are the same object do not. */
export function describeChange(next: DataFile, previous: DataFile, view: (key: ProxyKey) => ProxyKeyView): LiveEvent[] {
  const events: LiveEvent[] = []
  // The same keys stand in the same order after all changes but adding and deleting.
  if (isSameList(next.proxy_keys, previous.proxy_keys, (a, b) => a.id === b.id)) {
    next.proxy_keys.forEach((key, index) => {
      if (key !== previous.proxy_keys[index]) events.push({ type: 'proxy.updated', data: view(key) })
    })
  } else {
    const gone = new Map(previous.proxy_keys.map((key) => [key.id, key]))
    for (const key of next.proxy_keys) {
      const before = gone.get(key.id)
      gone.delete(key.id)
      if (before !== key) events.push({ type: before ? 'proxy.updated' : 'proxy.added', data: view(key) })
    }
    for (const id of gone.keys()) events.push({ type: 'proxy.removed', data: { id } })
  }
  if (next.settings !== previous.settings) {
    events.push({ type: 'settings.updated', data: settings.parse(next.settings) })
  }
  return events
}
