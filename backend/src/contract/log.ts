import { z } from 'zod'

import { actor, happened, languages, type Happened } from './happening.ts'
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

/** logLine is what the operation log is filtered by, and a sentence for people. */
export const logLine = z.object({
  id: z.int(),
  proxy_id: z.int().nullable(),
  action: logAction,
  reason: z.union([rotationReason, z.null()]),
  region: z.union([region, z.null()]),
  status: z.enum(['success', 'failure']),
  old_ip: z.string().nullable(),
  new_ip: z.string().nullable(),
  message: z.string().meta({ description: 'In the language that Accept-Language asks for: en (default) or vi.' }),
  timestamp,
})

export type LogLine = z.infer<typeof logLine>

/** untold stands in entries from before facts were kept: of them there is an English sentence only. */
export const untold = { kind: null, facts: null, by: null } as const

/** logEntry is one entry of the operation log: what was done, to which key, what came of it and who did it. */
export const logEntry = logLine
  .extend({
    kind: z.union([z.enum(happened.options.map(({ shape }) => shape.kind.value)), z.null()]),
    facts: z.union([...happened.options.map(({ shape }) => shape.facts), z.null()]).meta({
      description: 'What `message` is made of: the same fields for all entries of a kind. Null before they were kept.',
    }),
    by: z.union([actor, z.null()]).meta({ description: 'Who did it.' }),
  })
  .meta({ id: 'LogEntry' })

/** LogEntry says more than the schema: which facts come with which kind. */
export type LogEntry = LogLine & (Happened | typeof untold)

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
  status: optionally(logLine.shape.status),
  since: optionally(moment).meta({ description: 'Nothing older than this.' }),
  until: optionally(moment).meta({ description: 'Nothing newer than this.' }),
})

/** language is for whoever can set no header, such as a link. */
export const language = optionally(z.enum(languages)).meta({ description: 'Default: what Accept-Language asks for.' })

export const logQuery = logFilter.extend({
  limit: queryNumber(1000).meta({ description: 'Default: 100.' }),
  before: queryNumber().meta({ description: 'Only entries with a smaller id.' }),
})

export type LogQuery = z.infer<typeof logQuery>

export const defaultLogLimit = 100
