import { z } from '@hono/zod-openapi'
import { streamSSE, type SSEStreamingApi } from 'hono/streaming'

import type { Principal } from '../auth/principal.ts'
import { sentEvent, type Language } from '../contract/index.ts'
import type { LiveEvents } from './live-events.ts'
import { reachedBy } from './reached-by.ts'
import { createRouter, route, type Router } from './router.ts'
import { languageOf, speak } from './speak.ts'

const heartbeatMs = 15_000

const listen = route('read', {
  operationId: 'listenToEvents',
  method: 'get',
  path: '/events',
  tags: ['Live events'],
  summary: 'What happens, as server-sent events',
  description:
    'The `event` field is the type, `data` what belongs to it, as JSON. A client that comes back sends the last id it saw as Last-Event-ID and gets what it missed; a `reset` event says that too much was missed. A key is sent as it is when it is sent: several changes in a row may come as one. A `ping` event comes at least every 15 s.',
  request: {
    headers: z.object({ 'last-event-id': z.string().optional() }),
    query: z.object({
      after: z.string().optional().meta({
        description: 'Begin after this event: the Last-Event-ID of `GET /api/proxies`, so that nothing falls between.',
      }),
    }),
  },
  responses: {
    200: { description: 'An endless stream', content: { 'text/event-stream': { schema: sentEvent } } },
  },
})

interface EventRoutesParts {
  events: LiveEvents
  /** Aborted when the server stops: open streams end then. */
  stopping: AbortSignal
}

export function createEventRoutes(parts: EventRoutesParts): Router {
  return createRouter().openapi(listen, (c) => {
    // Hono serves HEAD with this handler and drops the body: nobody would ever read the stream.
    if (c.req.method === 'HEAD') return c.body(null, 200, { 'Content-Type': 'text/event-stream' })
    // Proxies such as nginx would hold the events back until a buffer is full.
    c.header('X-Accel-Buffering', 'no')
    const principal = c.get('principal')
    const from = c.req.header('last-event-id') ?? c.req.valid('query').after ?? parts.events.lastId
    const language = languageOf(c)
    return streamSSE(c, (stream) => send(stream, parts, { principal, from, language, reachedBy: reachedBy(c) }))
  })
}

/** Listener is who listens: from after which event on, in which language, and by which host he reached us. */
interface Listener {
  principal: Principal
  from: string
  language: Language
  reachedBy: string | null
}

/** Sends at the pace of the client: one that reads slowly falls behind and is told to start anew, nothing piles up. */
async function send(stream: SSEStreamingApi, parts: EventRoutesParts, listener: Listener): Promise<void> {
  const { events, stopping } = parts
  const ended = new AbortController()
  const end = () => ended.abort()
  stream.onAbort(end)
  stopping.addEventListener('abort', end, { once: true })
  const { principal } = listener
  let lastId = listener.from
  try {
    await stream.write('retry: 1000\n: connected\n\n')
    while (!ended.signal.aborted && !stopping.aborted && principal.isStillGood()) {
      lastId = await sendAfter(stream, events, lastId, listener)
      const hasNews = events.lastId !== lastId || (await waitForNews(events, ended.signal))
      if (!hasNews && !ended.signal.aborted) await stream.write('event: ping\ndata: {}\n\n')
    }
  } finally {
    stopping.removeEventListener('abort', end)
  }
}

/** Sends what came after an id and returns the last id sent. */
async function sendAfter(
  stream: SSEStreamingApi,
  events: LiveEvents,
  id: string,
  { language, reachedBy: host }: Listener,
): Promise<string> {
  const missed = events.after(id, host)
  if (missed === null) {
    const lastId = events.lastId
    await stream.writeSSE({ id: lastId, event: 'reset', data: '{}' })
    return lastId
  }
  for (const { id: eventId, event } of missed.events) {
    const data = event.type === 'log.added' ? speak(event.data, language) : event.data
    await stream.writeSSE({ id: eventId, event: event.type, data: JSON.stringify(data) })
  }
  return missed.lastId
}

/** True for an event, false when none came before the next heartbeat or the end. */
function waitForNews(events: LiveEvents, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (hasNews: boolean) => {
      clearTimeout(timer)
      unsubscribe()
      signal.removeEventListener('abort', onAbort)
      resolve(hasNews)
    }
    const onAbort = () => finish(false)
    const timer = setTimeout(() => finish(false), heartbeatMs)
    const unsubscribe = events.published.subscribe(() => finish(true))
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
  })
}
