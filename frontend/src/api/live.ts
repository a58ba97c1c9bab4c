import type { InfiniteData, QueryClient } from '@tanstack/react-query'

import type { LiveEvent, LogEntry, ProxyKeyView } from '../../../backend/src/contract/index.ts'
import { createStore } from '@/lib/store'

import { keysQuery, meQuery, settingsQuery, type LogFilter } from './queries'

const retryMs = 2_000
const shownMs = 6_000

/** liveStatus tells whether what is shown follows the server. */
export const liveStatus = createStore<'connecting' | 'live' | 'lost'>('connecting')

/** IpChange is a change of a key's exit that was seen just now. */
export interface IpChange {
  from: string | null
  to: string
}

/** ipChanges are those of the last seconds, by the id of the key. */
export const ipChanges = createStore<ReadonlyMap<number, IpChange>>(new Map())

type LogData = InfiniteData<LogEntry[], number | null>

/**
 * followServer keeps the cache in step with the server until the returned function is called: events are applied together,
 * once a frame. After a gap everything is fetched anew.
 */
export function followServer(client: QueryClient): () => void {
  let source: EventSource | null = null
  let retry: number | undefined
  let frame: number | undefined
  let pending: LiveEvent[] = []
  let wasOpen = false

  const apply = () => {
    frame = undefined
    const events = pending
    pending = []
    applyEvents(client, events)
  }
  const take = (type: LiveEvent['type']) => (message: MessageEvent<string>) => {
    if (type === 'reset') return void client.invalidateQueries()
    pending.push({ type, data: JSON.parse(message.data) })
    // Frames stop in a hidden tab: a timer runs there as well.
    frame ??= window.setTimeout(apply, document.hidden ? 500 : 16)
  }

  const open = () => {
    source = new EventSource('/api/events')
    source.addEventListener('open', () => {
      liveStatus.set('live')
      // What happened between the first answer and the first event is not known, nor after a break with a new source.
      if (wasOpen || client.getQueryState(keysQuery.queryKey)?.dataUpdatedAt) void client.invalidateQueries()
      wasOpen = true
    })
    source.addEventListener('error', () => {
      liveStatus.set('lost')
      if (source?.readyState !== EventSource.CLOSED) return
      // The server said no, or something between answered: perhaps the session is over.
      void client.refetchQueries({ queryKey: meQuery.queryKey })
      retry = window.setTimeout(open, retryMs)
    })
    for (const type of [
      'proxy.added',
      'proxy.updated',
      'proxy.removed',
      'settings.updated',
      'log.added',
      'reset',
    ] as const)
      source.addEventListener(type, take(type))
  }

  liveStatus.set('connecting')
  open()
  return () => {
    source?.close()
    window.clearTimeout(retry)
    window.clearTimeout(frame)
  }
}

function applyEvents(client: QueryClient, events: readonly LiveEvent[]): void {
  const before = client.getQueryData(keysQuery.queryKey)
  if (before) client.setQueryData(keysQuery.queryKey, applyToKeys(before, events))
  for (const event of events) {
    if (event.type === 'settings.updated') client.setQueryData(settingsQuery.queryKey, event.data)
    if (event.type === 'log.added') addToLogs(client, event.data)
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

function addToLogs(client: QueryClient, entry: LogEntry): void {
  for (const query of client.getQueryCache().findAll({ queryKey: ['log'] })) {
    const filter = query.queryKey[1] as LogFilter
    if (!isIn(filter, entry)) continue
    client.setQueryData<LogData>(query.queryKey, (data) => {
      const [first = []] = data?.pages ?? []
      if (!data || first.some(({ id }) => id === entry.id)) return data
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
