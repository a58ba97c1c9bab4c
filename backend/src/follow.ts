import type { News } from './api/live-events.ts'
import type { DataFile } from './contract/index.ts'
import { isSameList } from './lib/same-list.ts'
import { settings } from './contract/index.ts'

/** describeChange lists what differs between two versions of the data. Rows that are the same object do not. */
export function describeChange(next: DataFile, previous: DataFile): News[] {
  const news: News[] = []
  // The same keys stand in the same order after all changes but adding and deleting.
  if (isSameList(next.proxy_keys, previous.proxy_keys, (a, b) => a.id === b.id)) {
    next.proxy_keys.forEach((key, index) => {
      if (key !== previous.proxy_keys[index]) news.push({ type: 'proxy.updated', id: key.id })
    })
  } else {
    const gone = new Map(previous.proxy_keys.map((key) => [key.id, key]))
    for (const key of next.proxy_keys) {
      const before = gone.get(key.id)
      gone.delete(key.id)
      if (before !== key) news.push({ type: before ? 'proxy.updated' : 'proxy.added', id: key.id })
    }
    for (const id of gone.keys()) news.push({ type: 'proxy.removed', data: { id } })
  }
  if (next.settings !== previous.settings) {
    news.push({ type: 'settings.updated', data: settings.parse(next.settings) })
  }
  return news
}
