import type { InfiniteData, QueryClient } from '@tanstack/react-query'

import type { LiveEvent, LogEntry, ProxyKeyView } from '../../../backend/src/contract/index.ts'
import { createStore } from '@/lib/store'

import { connectionQuery, keysQuery, settingsQuery, type LogFilter } from './queries'

const shownMs = 6_000

/** IpChange is a change of a key's exit that was seen just now. */
export interface IpChange {
  from: string | null
  to: string
}

/** ipChanges are those of the last seconds, by the id of the key. */
export const ipChanges = createStore<ReadonlyMap<number, IpChange>>(new Map())

type LogData = InfiniteData<LogEntry[], number | null>

/** applyEvents brings the cache from one state of the server to the next. Doing it twice does nothing more. */
export function applyEvents(client: QueryClient, events: readonly LiveEvent[]): void {
  const before = client.getQueryData(keysQuery.queryKey)
  if (before) client.setQueryData(keysQuery.queryKey, applyToKeys(before, events))
  for (const event of events) {
    if (event.type === 'settings.updated') client.setQueryData(settingsQuery.queryKey, event.data)
    if (event.type === 'log.added') applyToLogs(client, event.data)
  }
}

function applyToKeys(keys: ProxyKeyView[], events: readonly LiveEvent[]): ProxyKeyView[] {
  const places = new Map(keys.map((key, index) => [key.id, index]))
  const next: (ProxyKeyView | null)[] = [...keys]
  for (const event of events) {
    if (event.type === 'proxy.removed') {
      const place = places.get(event.data.id)
      if (place !== undefined) next[place] = null
    }
    if (event.type !== 'proxy.added' && event.type !== 'proxy.updated') continue
    const key = event.data
    const place = places.get(key.id)
    if (place === undefined) places.set(key.id, next.push(key) - 1)
    else {
      noteChange(next[place] ?? null, key)
      next[place] = key
    }
  }
  return next.filter((key) => key !== null)
}

function noteChange(before: ProxyKeyView | null, { id, remote_ip }: ProxyKeyView): void {
  if (before === null || remote_ip === null || before.remote_ip === remote_ip) return
  const change = { from: before.remote_ip, to: remote_ip }
  ipChanges.set(new Map(ipChanges.get()).set(id, change))
  window.setTimeout(() => {
    const rest = new Map(ipChanges.get())
    if (rest.get(id) === change) rest.delete(id)
    ipChanges.set(rest)
  }, shownMs)
}

function applyToLogs(client: QueryClient, entry: LogEntry): void {
  // The token of a key may be another one, and somebody may have signed in or out.
  if (entry.action === 'update' && entry.proxy_id !== null) {
    void client.invalidateQueries({ queryKey: connectionQuery(entry.proxy_id).queryKey })
  }
  if (['login', 'logout', 'password'].includes(entry.action)) {
    void client.invalidateQueries({ queryKey: ['sessions'] })
  }
  for (const query of client.getQueryCache().findAll({ queryKey: ['log'] })) {
    const filter = query.queryKey[1] as LogFilter
    if (!isIn(filter, entry)) continue
    client.setQueryData<LogData>(query.queryKey, (data) => {
      const [first = []] = data?.pages ?? []
      const newest = first[0]?.id ?? 0
      if (!data || entry.id <= newest) return data
      return { ...data, pages: [[entry, ...first], ...data.pages.slice(1)] }
    })
  }
}

function isIn({ proxy_id, action, status }: LogFilter, entry: LogEntry): boolean {
  return (
    (proxy_id === '' || proxy_id === String(entry.proxy_id)) &&
    (action === '' || action === entry.action) &&
    (status === '' || status === entry.status)
  )
}
