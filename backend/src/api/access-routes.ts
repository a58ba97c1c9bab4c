import { createRoute, z } from '@hono/zod-openapi'

import {
  allowAddressReply,
  allowAddressRequest,
  connectionReply,
  keyConnection,
  type Actor,
  type ProxyKey,
} from '../contract/index.ts'
import type { Addresses } from '../keys/addresses.ts'
import type { Keys } from '../keys/keys.ts'
import type { Views } from '../keys/views.ts'
import { actorOf } from './actor.ts'
import { createRouter, failures, idParameter, json, jsonBody, signedIn, type Router } from './router.ts'

const tags = ['Access']
const missing = { 401: 'Not signed in', 404: 'No proxy has this id' }
const byId = { tags, security: signedIn, request: { params: idParameter } }

const connection = createRoute({
  ...byId,
  method: 'get',
  path: '/proxies/{id}/connection',
  summary: 'How to connect',
  description: 'Holds the access token.',
  responses: { 200: json(connectionReply, 'Address and credentials'), ...failures(missing) },
})

const connections = createRoute({
  method: 'get',
  path: '/connections',
  tags,
  summary: 'How to connect to each key',
  description: 'Holds the access tokens.',
  security: signedIn,
  responses: { 200: json(z.array(keyConnection), 'Addresses and credentials'), ...failures({ 401: 'Not signed in' }) },
})

const token = createRoute({
  ...byId,
  method: 'post',
  path: '/proxies/{id}/token',
  summary: 'Replace the access token',
  description: 'The one before ends at once, and so do the addresses that were allowed with it; open tunnels stay.',
  responses: { 200: json(connectionReply, 'Address and new credentials'), ...failures(missing) },
})

const allowAddress = createRoute({
  ...byId,
  method: 'post',
  path: '/proxies/{id}/addresses',
  summary: 'Let a client address in without credentials',
  description: 'For a time. One that is allowed already gets the new time.',
  request: { params: idParameter, body: jsonBody(allowAddressRequest) },
  responses: { 201: json(allowAddressReply, 'What is allowed'), ...failures({ ...missing, 400: 'Bad input' }) },
})

const removeAddress = createRoute({
  ...byId,
  method: 'delete',
  path: '/proxies/{id}/addresses/{address}',
  summary: 'Stop letting a client address in',
  request: {
    params: idParameter.extend({ address: z.string().meta({ param: { name: 'address', in: 'path' } }) }),
  },
  responses: { 204: { description: 'Removed' }, ...failures(missing) },
})

export interface AccessRoutesParts {
  keys: Keys
  views: Views
  addresses: Addresses
  replaceToken: (id: number, by: Actor) => Promise<ProxyKey>
}

/** createAccessRoutes are what tells and changes who may use an endpoint. */
export function createAccessRoutes({ keys, views, addresses, replaceToken }: AccessRoutesParts): Router {
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
        keys.list().map((key) => ({ id: key.id, ...views.connection(key) })),
        200,
      ),
    )
    .openapi(token, async (c) => {
      const key = await replaceToken(c.req.valid('param').id, actorOf(c))
      return c.json(views.connection(key), 200)
    })
    .openapi(connection, (c) => c.json(views.connection(keys.get(c.req.valid('param').id)), 200))
}
