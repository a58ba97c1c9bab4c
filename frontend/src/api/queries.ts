import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'

import type {
  Connection,
  KeyConnection,
  LogEntry,
  Me,
  ProxyKeyView,
  Series,
  SeriesRange,
  SessionView,
  Settings,
  SystemInfo,
  TrafficTotals,
} from '../../../backend/src/contract/index.ts'
import { ApiError, call } from './client'

const trafficEveryMs = 2_000
const unreachableEveryMs = 3_000
const seriesEveryMs = 60_000
const logPageSize = 100

/** meQuery is who is signed in; it fails with `not_authenticated` where nobody is. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => call<Me>('GET', '/api/auth/me', { signal }),
  staleTime: Number.POSITIVE_INFINITY,
  // While nothing answers it is asked again; who is not signed in signs in.
  refetchInterval: ({ state: { error } }) =>
    error instanceof ApiError && error.code === 'unreachable' ? unreachableEveryMs : false,
})

let lastEventId: string | null = null

/** snapshotEventId is the last event that is in the last answer of keysQuery: the stream goes on behind it. */
export const snapshotEventId = () => lastEventId

/** keysQuery are all keys; live events keep it up to date. */
export const keysQuery = queryOptions({
  queryKey: ['keys'],
  queryFn: ({ signal }) =>
    call<ProxyKeyView[]>('GET', '/api/proxies', {
      signal,
      onHeaders: (headers) => (lastEventId = headers.get('Last-Event-ID')),
    }),
  staleTime: Number.POSITIVE_INFINITY,
})

export const settingsQuery = queryOptions({
  queryKey: ['settings'],
  queryFn: ({ signal }) => call<Settings>('GET', '/api/settings', { signal }),
  staleTime: Number.POSITIVE_INFINITY,
})

export const systemQuery = queryOptions({
  queryKey: ['system'],
  queryFn: ({ signal }) => call<SystemInfo>('GET', '/api/system', { signal }),
  staleTime: Number.POSITIVE_INFINITY,
})

export const trafficQuery = queryOptions({
  queryKey: ['traffic'],
  queryFn: ({ signal }) => call<TrafficTotals>('GET', '/api/traffic', { signal }),
  refetchInterval: trafficEveryMs,
  retry: false,
})

export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: ({ signal }) => call<SessionView[]>('GET', '/api/auth/sessions', { signal }),
})

/** keyQuery is one key as it is now, with counters that no event tells. */
export const keyQuery = (id: number) =>
  queryOptions({
    queryKey: ['key', id],
    queryFn: ({ signal }) => call<ProxyKeyView>('GET', `/api/proxies/${id}`, { signal }),
    refetchInterval: trafficEveryMs,
    retry: false,
  })

/** connectionQuery holds an access token: it is kept in memory, and not for long. */
export const connectionQuery = (id: number) =>
  queryOptions({
    queryKey: ['connection', id],
    queryFn: ({ signal }) => call<Connection>('GET', `/api/proxies/${id}/connection`, { signal }),
    staleTime: 30_000,
    gcTime: 60_000,
  })

/** readConnections gives the connections of these keys, in their order. Asked for anew each time: they hold access tokens. */
export async function readConnections<Key extends Pick<ProxyKeyView, 'id'>>(
  keys: readonly Key[],
): Promise<{ key: Key; connection: KeyConnection }[]> {
  const all = await call<KeyConnection[]>('GET', '/api/connections')
  const byId = new Map(all.map((connection) => [connection.id, connection]))
  return keys.flatMap((key) => {
    const connection = byId.get(key.id)
    return connection === undefined ? [] : [{ key, connection }]
  })
}

export const seriesQuery = (id: number, range: SeriesRange) =>
  queryOptions({
    queryKey: ['series', id, range],
    queryFn: ({ signal }) => call<Series>('GET', `/api/proxies/${id}/series?range=${range}`, { signal }),
    refetchInterval: seriesEveryMs,
  })

/** LogFilter narrows the operation log; empty fields do not count. */
export interface LogFilter {
  proxy_id: string
  action: string
  status: string
  since: string
}

export function logParameters(filter: LogFilter): URLSearchParams {
  return new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== ''))
}

export const logQuery = (filter: LogFilter) =>
  infiniteQueryOptions({
    queryKey: ['log', filter],
    queryFn: ({ pageParam, signal }) => {
      const parameters = logParameters(filter)
      parameters.set('limit', String(logPageSize))
      if (pageParam !== null) parameters.set('before', String(pageParam))
      return call<LogEntry[]>('GET', `/api/logs?${parameters}`, { signal })
    },
    initialPageParam: null as number | null,
    getNextPageParam: (page) => (page.length < logPageSize ? undefined : page.at(-1)?.id),
  })
