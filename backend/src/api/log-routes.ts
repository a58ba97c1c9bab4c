import { createRoute, z } from '@hono/zod-openapi'

import { logEntry, logQuery } from '../contract/index.ts'
import type { History } from '../history/history.ts'
import { createRouter, failures, json, signedIn, type Router } from './router.ts'

const list = createRoute({
  method: 'get',
  path: '/logs',
  tags: ['Operation log'],
  summary: 'What was done, newest first',
  description: 'To page on, give the smallest id so far as `before`.',
  security: signedIn,
  request: { query: logQuery },
  responses: { 200: json(z.array(logEntry), 'Entries'), ...failures({ 400: 'Bad input', 401: 'Not signed in' }) },
})

export function createLogRoutes(history: History): Router {
  return createRouter().openapi(list, (c) => c.json(history.list(c.req.valid('query')), 200))
}
