import { z } from '@hono/zod-openapi'

import { endpointView, type Endpoint } from '../contract/index.ts'
import type { Views } from '../keys/views.ts'
import { reachedBy } from './reached-by.ts'
import { createRouter, failures, idParameter, json, route, type Router } from './router.ts'

const base = { tags: ['Endpoints'] }

const list = route('read', {
  operationId: 'listEndpoints',
  ...base,
  method: 'get',
  path: '/endpoints',
  summary: 'All endpoints',
  description: 'The constant addresses on their own. `GET /api/proxies` shows each key with its endpoint.',
  responses: { 200: json(z.array(endpointView), 'The endpoints') },
})

const get = route('read', {
  operationId: 'getEndpoint',
  ...base,
  method: 'get',
  path: '/endpoints/{id}',
  summary: 'One endpoint',
  request: { params: idParameter },
  responses: {
    200: json(endpointView, 'The endpoint'),
    ...failures({ 404: 'No endpoint has this id' }),
  },
})

export interface EndpointRoutesParts {
  views: Views
  listEndpoints: () => readonly Endpoint[]
  /** Throws Problem `not_found`. */
  getEndpoint: (id: number) => Endpoint
}

/** createEndpointRoutes show endpoints on their own, without their keys. */
export function createEndpointRoutes({ views, listEndpoints, getEndpoint }: EndpointRoutesParts): Router {
  return createRouter()
    .openapi(list, (c) => c.json(listEndpoints().map(views.seenBy(reachedBy(c)).endpoint), 200))
    .openapi(get, (c) => c.json(views.seenBy(reachedBy(c)).endpoint(getEndpoint(c.req.valid('param').id)), 200))
}
