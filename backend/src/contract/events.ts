import { z } from 'zod'

import { logEntry, type LogEntry } from './log.ts'
import { settings } from './data-file.ts'
import { proxyKeyView } from './proxy-key.ts'

/**
 * liveEvent is what `GET /api/events` sends: the SSE `event` field is `type`, the `data` field is `data` as JSON. `reset`
 * means that events were missed: fetch the state anew.
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
