import type { QueryClient } from '@tanstack/react-query'

import type { LiveEvent } from '../../../backend/src/contract/index.ts'
import { createStore } from '@/lib/store'

import { applyEvents } from './apply-events'
import { keysQuery, meQuery, snapshotEventId } from './queries'

const retryMs = 2_000
/** The server says something every 15 s: a connection that is silent for longer is dead. */
const silenceMs = 35_000
const holdMs = 30

const types = [
  'proxy.added',
  'proxy.updated',
  'proxy.removed',
  'settings.updated',
  'log.added',
  'reset',
] as const satisfies readonly LiveEvent['type'][]

/** liveStatus tells whether what is shown follows the server. */
export const liveStatus = createStore<'connecting' | 'live' | 'lost'>('connecting')

/**
 * followServer keeps the cache in step with the server until the returned function is called. The stream begins with the event
 * after the first answer, so that nothing falls between; events are applied together, once a frame, and never before an answer
 * that is on its way. After a gap everything is fetched anew.
 */
export function followServer(client: QueryClient): () => void {
  let source: EventSource | null = null
  let lastId: string | null = null
  let pending: LiveEvent[] = []
  let isOver = false
  let frame: number | undefined
  let retry: number | undefined
  let silence: number | undefined

  const apply = () => {
    frame = undefined
    const isOnItsWay =
      client.isFetching({ queryKey: keysQuery.queryKey }) + client.isFetching({ queryKey: ['log'] }) > 0
    if (isOnItsWay) {
      frame = window.setTimeout(apply, holdMs)
      return
    }
    const events = pending
    pending = []
    applyEvents(client, events)
  }

  const hear = () => {
    window.clearTimeout(silence)
    silence = window.setTimeout(() => {
      source?.close()
      reopenSoon()
    }, silenceMs)
  }

  const take = (type: LiveEvent['type']) => (message: MessageEvent<string>) => {
    hear()
    lastId = message.lastEventId
    if (type === 'reset') {
      // What came before the gap is older than the answers that come now.
      pending = []
      return void client.invalidateQueries()
    }
    pending.push({ type, data: JSON.parse(message.data) })
    // Frames stop in a hidden tab: a timer runs there as well.
    frame ??= window.setTimeout(apply, document.hidden ? 500 : 16)
  }

  const reopenSoon = () => {
    liveStatus.set('lost')
    window.clearTimeout(silence)
    window.clearTimeout(retry)
    retry = window.setTimeout(open, retryMs)
  }

  const open = () => {
    const after = lastId ?? snapshotEventId()
    source = new EventSource(`/api/events${after === null ? '' : `?after=${encodeURIComponent(after)}`}`)
    source.addEventListener('open', () => {
      hear()
      liveStatus.set('live')
      // What failed while the server was away is there again.
      void client.refetchQueries({ predicate: ({ state }) => state.status === 'error' })
    })
    source.addEventListener('error', () => {
      liveStatus.set('lost')
      if (source?.readyState !== EventSource.CLOSED) return
      // The server said no, or something between answered: perhaps the session is over.
      void client.refetchQueries({ queryKey: meQuery.queryKey })
      reopenSoon()
    })
    source.addEventListener('ping', hear)
    for (const type of types) source.addEventListener(type, take(type))
  }

  const begin = async () => {
    try {
      await client.fetchQuery(keysQuery)
      if (!isOver) open()
    } catch {
      // It shows on the page; here it is only tried again.
      liveStatus.set('lost')
      if (!isOver) retry = window.setTimeout(() => void begin(), retryMs)
    }
  }

  liveStatus.set('connecting')
  void begin()
  return () => {
    isOver = true
    source?.close()
    for (const timer of [frame, retry, silence]) window.clearTimeout(timer)
  }
}
