import { z } from '@hono/zod-openapi'
import { stream } from 'hono/streaming'

import { logEntry, logFilter, logQuery, type LogEntry } from '../contract/index.ts'
import type { History } from '../history/history.ts'
import { byteOrderMark, toCsvLine } from '../lib/csv.ts'
import { createRouter, json, route, type Router } from './router.ts'

const tags = ['Operation log']
const entriesAtOnce = 1_000
const columns = Object.keys(logEntry.shape) as (keyof LogEntry)[]

const list = route('read', {
  operationId: 'listLogs',
  method: 'get',
  path: '/logs',
  tags,
  summary: 'What was done, newest first',
  description: 'To page on, give the smallest id so far as `before`.',
  request: { query: logQuery },
  responses: { 200: json(z.array(logEntry), 'Entries') },
})

const exportAll = route('read', {
  operationId: 'exportLogs',
  method: 'get',
  path: '/logs/export',
  tags,
  summary: 'The same as CSV, without an end',
  request: { query: logFilter },
  responses: {
    200: { description: 'Entries, newest first', content: { 'text/csv': { schema: z.string() } } },
  },
})

export function createLogRoutes(history: History): Router {
  return createRouter()
    .openapi(list, async (c) => c.json(await history.list(c.req.valid('query')), 200))
    .openapi(exportAll, (c) => {
      const filter = c.req.valid('query')
      c.header('Content-Type', 'text/csv; charset=utf-8')
      c.header('Content-Disposition', 'attachment; filename="stillpoint-activity.csv"')
      return stream(c, async (out) => {
        await out.write(byteOrderMark + toCsvLine(columns))
        for (let before: number | undefined; ;) {
          const page = await history.list({ ...filter, limit: entriesAtOnce, before })
          await out.write(page.map((entry) => toCsvLine(columns.map((column) => entry[column]))).join(''))
          before = page.at(-1)?.id
          if (page.length < entriesAtOnce || out.aborted) return
        }
      })
    })
}
