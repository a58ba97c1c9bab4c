import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'

import type { Accounts } from '../auth/accounts.ts'
import { exportRequest } from '../contract/index.ts'
import type { Bus } from '../happenings/bus.ts'
import { Problem } from '../lib/problem.ts'
import { actorOf } from './actor.ts'
import type { ApiEnv } from './env.ts'
import { reachedBy } from './reached-by.ts'
import { createRouter, failures, jsonBody, route, type Router } from './router.ts'

const csv = { description: 'All keys, a line each', content: { 'text/csv': { schema: z.string() } } }
const base = { path: '/export', tags: ['Proxies'] }

const masked = route('read', {
  operationId: 'exportMaskedKeys',
  ...base,
  method: 'get',
  summary: 'All keys as CSV, the provider keys masked',
  description: 'A list to look at. An import refuses masked keys: POST gives whole ones.',
  responses: { 200: csv },
})

const whole = route('admin', {
  operationId: 'exportWholeKeys',
  ...base,
  method: 'post',
  summary: 'All keys as CSV, with the whole provider keys',
  description: 'Asks for the password again. `POST /api/proxies/import` takes what it gives.',
  request: { body: jsonBody(exportRequest) },
  responses: {
    200: csv,
    ...failures({
      401: 'Not signed in, or the password is wrong',
      429: 'Too many failed attempts',
    }),
  },
})

export interface ExportRoutesParts {
  accounts: Accounts
  bus: Bus
  writeExport: (holdsWholeKeys: boolean, reachedBy: string | null) => { text: string; count: number }
}

export function createExportRoutes({ accounts, bus, writeExport }: ExportRoutesParts): Router {
  const answer = (c: Context<ApiEnv>, holdsWholeKeys: boolean) => {
    const { text, count } = writeExport(holdsWholeKeys, reachedBy(c))
    bus.tell({ kind: 'keys_exported', facts: { count, holds_whole_keys: holdsWholeKeys }, by: actorOf(c) })
    c.header('Content-Type', 'text/csv; charset=utf-8')
    c.header('Content-Disposition', 'attachment; filename="stillpoint-keys.csv"')
    return c.body(text, 200)
  }
  const confirm = async (c: Context<ApiEnv>, given: string) => {
    const { sessionId, user } = c.get('principal')
    try {
      await accounts.confirmPassword(user, given, sessionId, c.req.raw.signal)
    } catch (error) {
      // What is refused without a look at the password is not written down: nobody can fill the log with it.
      if (error instanceof Problem && error.code === 'wrong_credentials') {
        bus.tell({ kind: 'export_refused', facts: {}, by: actorOf(c) })
      }
      throw error
    }
  }
  return createRouter()
    .openapi(masked, (c) => answer(c, false))
    .openapi(whole, async (c) => {
      await confirm(c, c.req.valid('json').password)
      return answer(c, true)
    })
}
