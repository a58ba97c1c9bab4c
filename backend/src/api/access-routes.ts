import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'

import {
  allowAddressReply,
  allowAddressRequest,
  connectionReply,
  keyConnection,
  type Actor,
  type Endpoint,
} from '../contract/index.ts'
import type { Addresses } from '../endpoints/allowed-addresses.ts'
import type { Keys } from '../keys/keys.ts'
import type { Views } from '../keys/views.ts'
import { actorOf } from './actor.ts'
import type { ApiEnv } from './env.ts'
import { reachedBy } from './reached-by.ts'
import { createRouter, failures, idParameter, json, jsonBody, route, type Router } from './router.ts'

const tags = ['Access']
const missing = { 404: 'No proxy has this id' }
const byId = { tags, request: { params: idParameter } }

const connection = route('manage', {
  operationId: 'getConnection',
  ...byId,
  method: 'get',
  path: '/proxies/{id}/connection',
  summary: 'How to connect',
  description: 'Holds the access token.',
  responses: { 200: json(connectionReply, 'Address and credentials'), ...failures(missing) },
})

const connections = route('manage', {
  operationId: 'listConnections',
  method: 'get',
  path: '/connections',
  tags,
  summary: 'How to connect to each key',
  description: 'Holds the access tokens.',
  responses: { 200: json(z.array(keyConnection), 'Addresses and credentials') },
})

const token = route('manage', {
  operationId: 'replaceToken',
  ...byId,
  method: 'post',
  path: '/proxies/{id}/token',
  summary: 'Replace the access token',
  description: 'The one before ends at once, and so do the addresses that were allowed with it; open tunnels stay.',
  responses: { 200: json(connectionReply, 'Address and new credentials'), ...failures(missing) },
})

const allowAddress = route('manage', {
  operationId: 'allowAddress',
  ...byId,
  method: 'post',
  path: '/proxies/{id}/addresses',
  summary: 'Let a client address in without credentials',
  description: 'For a time. One that is allowed already gets the new time.',
  request: { params: idParameter, body: jsonBody(allowAddressRequest) },
  responses: { 201: json(allowAddressReply, 'What is allowed'), ...failures(missing) },
})

const removeAddress = route('manage', {
  operationId: 'removeAddress',
  ...byId,
  method: 'delete',
  path: '/proxies/{id}/addresses/{address}',
  summary: 'Stop letting a client address in',
  request: {
    params: idParameter.extend({
      address: z.string().meta({ param: { name: 'address', in: 'path' }, example: '203.0.113.9' }),
    }),
  },
  responses: { 204: { description: 'Removed' }, ...failures(missing) },
})

export interface AccessRoutesParts {
  keys: Keys
  views: Views
  addresses: Addresses
  replaceToken: (id: number, by: Actor) => Promise<Endpoint>
}

/** createAccessRoutes are what tells and changes who may use an endpoint. */
export function createAccessRoutes({ keys, views, addresses, replaceToken }: AccessRoutesParts): Router {
  const viewsFor = (c: Context<ApiEnv>) => views.seenBy(reachedBy(c))
  return createRouter()
    .openapi(allowAddress, async (c) => {
      const { address, for: duration } = c.req.valid('json')
      return c.json(await addresses.allow(c.req.valid('param').id, address, duration, actorOf(c)), 201)
    })
    .openapi(removeAddress, async (c) => {
      const { id, address } = c.req.valid('param')
      await addresses.remove(id, address, actorOf(c))
      return c.body(null, 204)
    })
    .openapi(connections, (c) =>
      c.json(
        keys.list().map(({ key, endpoint }) => ({ id: key.id, ...viewsFor(c).connection(endpoint) })),
        200,
      ),
    )
    .openapi(token, async (c) => {
      const endpoint = await replaceToken(c.req.valid('param').id, actorOf(c))
      return c.json(viewsFor(c).connection(endpoint), 200)
    })
    .openapi(connection, (c) => c.json(viewsFor(c).connection(keys.get(c.req.valid('param').id).endpoint), 200))
}
