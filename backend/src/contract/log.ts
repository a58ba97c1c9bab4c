import { z } from 'zod'

import { region, rotationReason, timestamp } from './proxy-key.ts'
import { optionally, queryNumber } from './query.ts'

export const logAction = z
  .enum([
    'add',
    'update',
    'delete',
    'rotate',
    'drain',
    'restart',
    'status',
    'settings',
    'login',
    'logout',
    'password',
    'export',
  ])
  .meta({ id: 'LogAction' })

export type LogAction = z.infer<typeof logAction>

/** logEntry is one line of the operation log: what was done, to which key, and what came of it. */
export const logEntry = z
  .object({
    id: z.int(),
    proxy_id: z.int().nullable(),
    action: logAction,
    reason: z.union([rotationReason, z.null()]),
    region: z.union([region, z.null()]),
    status: z.enum(['success', 'failure']),
    old_ip: z.string().nullable(),
    new_ip: z.string().nullable(),
    message: z.string(),
    timestamp,
  })
  .meta({ id: 'LogEntry' })

export type LogEntry = z.infer<typeof logEntry>

/** In the one form that entries have, so that they compare as texts; what is later than all of them stays so. */
const lastMoment = Date.parse('9999-12-31T23:59:59.999Z')
const moment = z.iso
  .datetime({ offset: true, error: 'must be a time with its time zone, such as 2026-01-31T08:15:30Z' })
  .transform((text) => new Date(Math.min(Date.parse(text), lastMoment)).toISOString())
  .meta({ type: 'string', format: 'date-time', example: '2026-01-31T08:15:30+07:00' })
/** logFilter narrows the operation log. An empty parameter counts as not given. */
export const logFilter = z.object({
  proxy_id: queryNumber(),
  action: optionally(logAction),
  status: optionally(logEntry.shape.status),
  since: optionally(moment).meta({ description: 'Nothing older than this.' }),
  until: optionally(moment).meta({ description: 'Nothing newer than this.' }),
})

export const logQuery = logFilter.extend({
  limit: queryNumber(1000).meta({ description: 'Default: 100.' }),
  before: queryNumber().meta({ description: 'Only entries with a smaller id.' }),
})

export type LogQuery = z.infer<typeof logQuery>

export const defaultLogLimit = 100
