import { createRoute, z } from '@hono/zod-openapi'

import { healthReply, readyReply, type ReadyReply } from '../contract/index.ts'
import { createRouter, json, signedIn, type Router } from './router.ts'

const tags = ['System']

const health = createRoute({
  method: 'get',
  path: '/health',
  tags,
  summary: 'Whether the process is alive',
  responses: { 200: json(healthReply, 'It is') },
})

const ready = createRoute({
  method: 'get',
  path: '/ready',
  tags,
  summary: 'Whether it can do its work',
  description: 'Ready is: the store is open and every listener is up.',
  responses: { 200: json(readyReply, 'Ready'), 503: json(readyReply, 'Not ready') },
})

const metrics = createRoute({
  method: 'get',
  path: '/metrics',
  tags,
  summary: 'Counters in the Prometheus text format',
  security: signedIn,
  responses: { 200: { description: 'Metrics', content: { 'text/plain': { schema: z.string() } } } },
})

export interface SystemRoutesParts {
  version: string
  uptimeSeconds: () => number
  readiness: () => ReadyReply
  renderMetrics: () => string
}

/** createProbeRoutes are for whoever watches over the process; they need no session and tell no secret. */
export function createProbeRoutes({ version, uptimeSeconds, readiness }: SystemRoutesParts): Router {
  return createRouter()
    .openapi(health, (c) => c.json({ status: 'ok' as const, version, uptime_seconds: uptimeSeconds() }, 200))
    .openapi(ready, (c) => {
      const reply = readiness()
      return reply.ready ? c.json(reply, 200) : c.json(reply, 503)
    })
}

export function createMetricsRoute({ renderMetrics }: SystemRoutesParts): Router {
  return createRouter().openapi(metrics, (c) =>
    c.text(renderMetrics(), 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }),
  )
}
