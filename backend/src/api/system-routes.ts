import { z } from '@hono/zod-openapi'

import type { Principals } from '../auth/principal.ts'
import { healthReply, readyReply, type ReadyReply } from '../contract/index.ts'
import { isSignedIn } from './authenticate.ts'
import { createRouter, json, route, type Router } from './router.ts'

const tags = ['System']
/** A session is not needed, but looked at. */
const forAnybody = [{}, { session: [] }, { cookie: [] }]

const health = route('public', {
  operationId: 'getHealth',
  method: 'get',
  path: '/health',
  tags,
  summary: 'Whether the process is alive',
  description: 'With a session also its version and how long it has run.',
  security: forAnybody,
  responses: { 200: json(healthReply, 'It is') },
})

const ready = route('public', {
  operationId: 'getReadiness',
  method: 'get',
  path: '/ready',
  tags,
  summary: 'Whether it can do its work',
  description:
    'Ready is: the start is done, the store is open and every listener is up. With a session also what is missing.',
  security: forAnybody,
  responses: { 200: json(readyReply, 'Ready'), 503: json(readyReply, 'Not ready') },
})

const metrics = route('read', {
  operationId: 'getMetrics',
  method: 'get',
  path: '/metrics',
  tags,
  summary: 'Counters in the Prometheus text format',
  responses: { 200: { description: 'Metrics', content: { 'text/plain': { schema: z.string() } } } },
})

export interface SystemRoutesParts {
  principals: Principals
  version: string
  uptimeSeconds: () => number
  readiness: () => Required<ReadyReply>
  renderMetrics: () => string
}

/** createProbeRoutes are for whoever watches over the process; they need no session, and tell strangers yes or no alone. */
export function createProbeRoutes({ principals, version, uptimeSeconds, readiness }: SystemRoutesParts): Router {
  const never = { 'Cache-Control': 'no-store' }
  return createRouter()
    .openapi(health, (c) => {
      const details = isSignedIn(c, principals) ? { version, uptime_seconds: uptimeSeconds() } : {}
      return c.json({ status: 'ok' as const, ...details }, 200, never)
    })
    .openapi(ready, (c) => {
      const state = readiness()
      const reply = isSignedIn(c, principals) ? state : { ready: state.ready }
      return state.ready ? c.json(reply, 200, never) : c.json(reply, 503, never)
    })
}

export function createMetricsRoute({ renderMetrics }: SystemRoutesParts): Router {
  return createRouter().openapi(metrics, (c) =>
    c.text(renderMetrics(), 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }),
  )
}
