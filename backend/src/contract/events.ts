import { z } from 'zod'

import { logEntry, type LogEntry } from './log.ts'
import { settings } from './data-file.ts'
import { proxyKeyView } from './proxy-key.ts'

/**
 * liveEvent is what `GET /api/events` sends: the SSE `event` field is `type`, the `data` field is `data` as JSON. `reset`
 * means that events were missed, or that something changed which all keys show: fetch the state anew.
 */
export const liveEvent = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('proxy.added'), data: proxyKeyView }),
    z.object({ type: z.literal('proxy.updated'), data: proxyKeyView }),
    z.object({ type: z.literal('proxy.removed'), data: z.object({ id: z.int() }) }),
    z.object({ type: z.literal('settings.updated'), data: settings }),
    z.object({ type: z.literal('log.added'), data: logEntry }),
    z.object({ type: z.literal('reset'), data: z.object({}) }),
  ])
  .meta({ id: 'LiveEvent' })

type Parsed = z.infer<typeof liveEvent>

export type LiveEvent = Exclude<Parsed, { type: 'log.added' }> | { type: 'log.added'; data: LogEntry }

/** sentEvent is one of them as the stream has it: the fields of a server-sent event. A `ping` has no id. */
export const sentEvent = z
  .union([
    sent(['proxy.added', 'proxy.updated'], component('Proxy')),
    sent(['proxy.removed'], { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] }),
    sent(['settings.updated'], component('Settings')),
    sent(['log.added'], component('LogEntry')),
    z.object({ event: z.enum(['reset', 'ping']), data: z.literal('{}') }),
  ])
  .meta({ id: 'SentEvent' })

function component(id: string) {
  return { $ref: `#/components/schemas/${id}` }
}

function sent<T extends string>(types: readonly [T, ...T[]], contentSchema: object) {
  const json = { contentMediaType: 'application/json', contentSchema }
  return z.object({ event: z.enum(types), data: z.string().meta(json), id: z.string() })
}
