import { z } from '@hono/zod-openapi'
import { stream } from 'hono/streaming'

import { language, logEntry, logFilter, logLine, logQuery, type LogLine } from '../contract/index.ts'
import type { History } from '../history/history.ts'
import { byteOrderMark, toCsvLine } from '../lib/csv.ts'
import { createRouter, json, route, type Router } from './router.ts'
import { languageOf, speak } from './speak.ts'

const tags = ['Operation log']
const entriesAtOnce = 1_000
const columns = Object.keys(logLine.shape) as (keyof LogLine)[]

const list = route('read', {
  operationId: 'listLogs',
  method: 'get',
  path: '/logs',
  tags,
  summary: 'What was done, newest first',
  description:
    'To page on, give the smallest id so far as `before`. `message` is in the language that Accept-Language asks for: English or Vietnamese.',
  request: { query: logQuery },
  responses: { 200: json(z.array(logEntry), 'Entries') },
})

const exportAll = route('read', {
  operationId: 'exportLogs',
  method: 'get',
  path: '/logs/export',
  tags,
  summary: 'The same as CSV, without an end',
  request: { query: logFilter.extend({ language }) },
  responses: {
    200: { description: 'Entries, newest first', content: { 'text/csv': { schema: z.string() } } },
  },
})

export function createLogRoutes(history: History): Router {
  return createRouter()
    .openapi(list, async (c) => {
      const asked = languageOf(c)
      const entries = await history.list(c.req.valid('query'))
      return c.json(
        entries.map((entry) => speak(entry, asked)),
        200,
      )
    })
    .openapi(exportAll, (c) => {
      const { language: wished, ...filter } = c.req.valid('query')
      const asked = languageOf(c, wished)
      c.header('Content-Type', 'text/csv; charset=utf-8')
      c.header('Content-Disposition', 'attachment; filename="stillpoint-activity.csv"')
      return stream(c, async (out) => {
        await out.write(byteOrderMark + toCsvLine(columns))
        for (let before: number | undefined; ;) {
          const page = await history.list({ ...filter, limit: entriesAtOnce, before })
          const lines = page.map((entry) => speak(entry, asked))
          await out.write(lines.map((entry) => toCsvLine(columns.map((column) => entry[column]))).join(''))
          before = page.at(-1)?.id
          if (page.length < entriesAtOnce || out.aborted) return
        }
      })
    })
}
