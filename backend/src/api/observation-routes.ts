import { z } from '@hono/zod-openapi'

import { series, seriesRange, systemInfo, testReply, trafficTotals } from '../contract/index.ts'
import type { ProxyKey, SystemInfo, TestReply, TrafficTotals } from '../contract/index.ts'
import type { OwnPort } from '../health/endpoint-test.ts'
import type { Measurements } from '../history/measurements.ts'
import type { Keys } from '../keys/keys.ts'
import type { Views } from '../keys/views.ts'
import { reachedBy } from './reached-by.ts'
import { createRouter, failures, idParameter, json, route, type Router } from './router.ts'

const missing = { 404: 'No proxy has this id' }
const byId = { tags: ['Proxies'], request: { params: idParameter } }
const system = { tags: ['System'] }

const getSeries = route('read', {
  operationId: 'getSeries',
  ...byId,
  method: 'get',
  path: '/proxies/{id}/series',
  summary: 'Latency and traffic over time',
  description: 'Recorded once a minute and kept for seven days.',
  request: { params: idParameter, query: z.object({ range: seriesRange.default('hour') }) },
  responses: { 200: json(series, 'The series'), ...failures(missing) },
})

const test = route('rotate', {
  operationId: 'testEndpoint',
  ...byId,
  method: 'post',
  path: '/proxies/{id}/test',
  summary: 'Make a request through the endpoint',
  description: 'As a client would, with user name and token, to HEALTH_CHECK_URL.',
  responses: { 200: json(testReply, 'What came of it'), ...failures(missing) },
})

const traffic = route('read', {
  operationId: 'getTraffic',
  ...system,
  method: 'get',
  path: '/traffic',
  summary: 'The counters of all keys together',
  description: 'Read twice, they give rates.',
  responses: { 200: json(trafficTotals, 'The counters') },
})

const info = route('read', {
  operationId: 'getSystem',
  ...system,
  method: 'get',
  path: '/system',
  summary: 'What runs here',
  responses: { 200: json(systemInfo, 'What runs here') },
})

export interface ObservationRoutesParts {
  keys: Keys
  views: Views
  measurements: Measurements
  readTraffic: () => TrafficTotals
  readSystem: (reachedBy: string | null) => SystemInfo
  testEndpoint: (key: ProxyKey, port: OwnPort) => Promise<TestReply>
}

export function createObservationRoutes(parts: ObservationRoutesParts): Router {
  const { keys, views, measurements, readTraffic, readSystem, testEndpoint } = parts
  return createRouter()
    .openapi(getSeries, async (c) => {
      const { key } = keys.get(c.req.valid('param').id)
      return c.json(await measurements.series(key.id, c.req.valid('query').range), 200)
    })
    .openapi(test, async (c) => {
      const { key, endpoint } = keys.get(c.req.valid('param').id)
      return c.json(await testEndpoint(key, { ...views.connection(endpoint), port: endpoint.port }), 200)
    })
    .openapi(traffic, (c) => c.json(readTraffic(), 200))
    .openapi(info, (c) => c.json(readSystem(reachedBy(c)), 200))
}
