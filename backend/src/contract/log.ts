import { z } from 'zod'

import { region, rotationReason, timestamp } from './proxy-key.ts'

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

/** A parameter that is there but empty counts as not given. */
const queryNumber = (highest: number) => {
  const message =
    highest === Number.MAX_SAFE_INTEGER ? 'must be a whole number' : `must be a whole number from 1 to ${highest}`
  const digits = z
    .string()
    .regex(/^\d{1,15}$/, message)
    .transform(Number)
  return z
    .preprocess(
      (text) => (text === '' ? undefined : text),
      digits.pipe(z.int().min(1, message).max(highest, message)).optional(),
    )
    .meta({ type: 'integer', minimum: 1 })
}

/** An empty parameter counts as not given here too. */
const optionally = <T extends z.ZodType>(schema: T) =>
  z.preprocess((text) => (text === '' ? undefined : text), schema.optional())

/** In the one form that entries have, so that they compare as texts. */
const moment = timestamp.transform((text) => new Date(text).toISOString())

/** logFilter narrows the operation log. */
export const logFilter = z.object({
  proxy_id: queryNumber(Number.MAX_SAFE_INTEGER),
  action: optionally(logAction),
  status: optionally(logEntry.shape.status),
  since: optionally(moment).meta({ description: 'Nothing older than this.' }),
  until: optionally(moment).meta({ description: 'Nothing newer than this.' }),
})

export const logQuery = logFilter.extend({
  limit: queryNumber(1000).meta({ description: 'Default: 100.' }),
  before: queryNumber(Number.MAX_SAFE_INTEGER).meta({ description: 'Only entries with a smaller id.' }),
})

export type LogQuery = z.infer<typeof logQuery>

export const defaultLogLimit = 100
