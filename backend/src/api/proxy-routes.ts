import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'

import {
  addProxyReply,
  addProxyRequest,
  checkReply,
  importReply,
  importRequest,
  proxyKeyView,
  queryBoolean,
  rotateReply,
  rotateRequest,
  updateProxyRequest,
  type DrainCounts,
  type ImportLine,
} from '../contract/index.ts'
import type { Checker } from '../health/checker.ts'
import type { PreviewLine } from '../keys/import-preview.ts'
import type { ImportOutcome } from '../keys/import-run.ts'
import type { Keys } from '../keys/keys.ts'
import type { Views } from '../keys/views.ts'
import { Problem } from '../lib/problem.ts'
import type { Rotator } from '../leases/rotator.ts'
import { actorOf } from './actor.ts'
import { requireScope } from './authenticate.ts'
import type { ApiEnv } from './env.ts'
import type { LiveEvents } from './live-events.ts'
import { invalidInput } from './problem.ts'
import { reachedBy } from './reached-by.ts'
import {
  createRouter,
  describeRoute,
  failures,
  idParameter,
  json,
  jsonBody,
  route,
  toFieldErrors,
  type Router,
} from './router.ts'

const tags = ['Proxies']
const missing = { 404: 'No proxy has this id' }
const byId = { tags, request: { params: idParameter } }

const list = route('read', {
  operationId: 'listProxies',
  method: 'get',
  path: '/proxies',
  tags,
  summary: 'All keys',
  responses: { 200: json(z.array(proxyKeyView), 'The keys') },
})

const add = route('manage', {
  operationId: 'addProxy',
  method: 'post',
  path: '/proxies',
  tags,
  summary: 'Add a key',
  description: 'While the provider can give no upstream the key is stored as `pending` and retried.',
  request: { body: jsonBody(addProxyRequest) },
  responses: {
    201: json(addProxyReply, 'The key with its constant endpoint'),
    ...failures({
      409: 'Another endpoint has this provider key, or no number is free',
      422: 'The provider refuses the key',
    }),
  },
})

const importKeys = route('manage', {
  operationId: 'importProxies',
  method: 'post',
  path: '/proxies/import',
  tags,
  summary: 'Add many keys',
  request: { body: jsonBody(importRequest) },
  responses: {
    200: json(importReply, 'What came of each line'),
  },
})

const get = route('read', {
  operationId: 'getProxy',
  ...byId,
  method: 'get',
  path: '/proxies/{id}',
  summary: 'One key',
  responses: { 200: json(proxyKeyView, 'The key'), ...failures(missing) },
})

const update = route('manage', {
  operationId: 'updateProxy',
  ...byId,
  method: 'put',
  path: '/proxies/{id}',
  summary: 'Change a key',
  description: 'Only the fields given are changed. Another provider key is checked first.',
  request: { params: idParameter, body: jsonBody(updateProxyRequest) },
  responses: {
    200: json(proxyKeyView, 'The key'),
    ...failures({
      ...missing,
      409: 'Another endpoint has this provider key',
      422: 'The provider refuses the key',
      502: 'The new key could not be checked',
      503: 'The provider is out of stock, so the new key could not be checked',
    }),
  },
})

const remove = route('manage', {
  operationId: 'removeProxy',
  ...byId,
  method: 'delete',
  path: '/proxies/{id}',
  summary: 'Delete a key',
  description:
    'Its endpoint ends and connections through it are closed. For 10 seconds `POST /api/proxies/{id}/restore` brings it back.',
  request: {
    params: idParameter,
    query: z.object({
      release: queryBoolean.meta({ description: 'Also give the upstream back to the provider.' }),
    }),
  },
  responses: { 204: { description: 'Deleted' }, ...failures(missing) },
})

const restore = route('manage', {
  operationId: 'restoreProxy',
  ...byId,
  method: 'post',
  path: '/proxies/{id}/restore',
  summary: 'Bring a deleted key back',
  description: 'Within 10 seconds of its delete, with id, number, token and history.',
  responses: {
    200: json(proxyKeyView, 'The key, as it was'),
    ...failures({
      ...missing,
      404: 'No such key was deleted in the last 10 seconds',
      409: 'Its provider key or its number belongs to another key by now (`duplicate_key`, `number_taken`)',
    }),
  },
})

const rotate = route('rotate', {
  operationId: 'rotateProxy',
  ...byId,
  method: 'post',
  path: '/proxies/{id}/rotate',
  summary: 'Change the exit IP now',
  request: { params: idParameter, body: { content: { 'application/json': { schema: rotateRequest } } } },
  responses: {
    200: json(rotateReply, 'The new exit'),
    ...failures({
      ...missing,
      409: 'The cooldown runs (`rotation_cooldown`, with `retry_after`), or the key is paused',
      422: 'The provider refuses the key',
      502: 'The provider failed; the old upstream stays in use',
      503: 'The provider is out of stock; the old upstream stays in use',
    }),
  },
})

const restart = route('manage', {
  operationId: 'restartProxy',
  ...byId,
  method: 'post',
  path: '/proxies/{id}/restart',
  summary: "Restart the key's listener",
  description: 'Closes its port with all connections and opens it again.',
  responses: { 200: json(proxyKeyView, 'The key'), ...failures({ ...missing, 503: 'The port could not be opened' }) },
})

const check = route('rotate', {
  operationId: 'checkProxy',
  ...byId,
  method: 'post',
  path: '/proxies/{id}/check',
  summary: 'Check the upstream now',
  responses: {
    200: json(checkReply, 'What the check showed'),
    ...failures({ ...missing, 409: 'The key has no upstream' }),
  },
})

export interface ProxyRoutesParts {
  keys: Keys
  views: Views
  rotator: Rotator
  events: LiveEvents
  checker: Checker
  /** What became of the tunnels that the last rotation found open at this endpoint. */
  drain: (endpointId: number, wait: boolean) => Promise<Record<'tunnels' | 'requests', DrainCounts>>
}

export function createProxyRoutes({
  events,
  keys,
  views: allViews,
  rotator,
  checker,
  drain,
}: ProxyRoutesParts): Router {
  const viewsFor = (c: Context<ApiEnv>) => allViews.seenBy(reachedBy(c))
  const router = createRouter()
    .openapi(list, (c) => {
      // Live events go on behind this one.
      c.header('Last-Event-ID', events.lastId)
      return c.json(keys.list().map(viewsFor(c).proxy), 200)
    })
    .openapi(importKeys, async (c) => {
      const { text, region, dry_run, only_lines } = c.req.valid('json')
      const views = viewsFor(c)
      const lines = dry_run
        ? keys.preview(text, region, only_lines).map((line) => viewPreview(line, views))
        : (await keys.import(text, region, only_lines, actorOf(c))).map((outcome) => viewOutcome(outcome, views))
      const count = (status: ImportLine['status']) => lines.filter((line) => line.status === status).length
      return c.json({ added: count('added'), failed: count('failed'), skipped: count('skipped'), lines }, 200)
    })
    .openapi(add, async (c) => {
      const { proxy, message } = await keys.add(c.req.valid('json'), actorOf(c))
      return c.json({ ...viewsFor(c).proxy(proxy), message }, 201)
    })
    .openapi(get, (c) => c.json(viewsFor(c).proxy(keys.get(c.req.valid('param').id)), 200))
    .openapi(update, async (c) => {
      const proxy = await keys.update(c.req.valid('param').id, c.req.valid('json'), actorOf(c))
      return c.json(viewsFor(c).proxy(proxy), 200)
    })
    .openapi(remove, async (c) => {
      await keys.remove(c.req.valid('param').id, { release: c.req.valid('query').release }, actorOf(c))
      return c.body(null, 204)
    })
    .openapi(restore, async (c) => {
      const proxy = await keys.restore(c.req.valid('param').id, actorOf(c))
      return c.json(viewsFor(c).proxy(proxy), 200)
    })
    .openapi(restart, async (c) => {
      const proxy = await keys.restart(c.req.valid('param').id, actorOf(c))
      return c.json(viewsFor(c).proxy(proxy), 200)
    })
    .openapi(check, async (c) => {
      const { id } = c.req.valid('param')
      const result = await checker.check(id)
      const { latency_ms, remote_ip, status, last_check_at } = allViews.proxy(keys.get(id))
      const message = result.kind === 'reachable' ? null : result.message
      return c.json({ reachable: message === null, latency_ms, remote_ip, status, last_check_at, message }, 200)
    })
  // Documented as a route with a body, but served as one that may have none: many clients send an empty one as JSON.
  describeRoute(router, rotate)
  router.post(rotate.getRoutingPath(), requireScope('rotate'), async (c) => {
    const { id } = parse(idParameter, c.req.param())
    const { region, wait } = readRotateRequest(await c.req.text())
    const rotated = await rotator.rotate(id, 'manual', region, actorOf(c))
    const { tunnels, requests } = await drain(keys.get(id).endpoint.id, wait)
    return c.json({ ...rotated, tunnels, requests }, 200)
  })
  return router
}

function viewPreview({ fields, place, ...line }: PreviewLine, views: Views): ImportLine {
  return { ...line, ...fields, proxy: null, endpoint: place && views.address(place) }
}

function viewOutcome({ fields, proxy, ...line }: ImportOutcome, views: Views): ImportLine {
  const view = proxy && views.proxy(proxy)
  return { ...line, ...fields, proxy: view, endpoint: view && view.endpoint }
}

function readRotateRequest(text: string) {
  return parse(rotateRequest, text.trim() === '' ? {} : parseJson(text))
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value)
  if (!result.success) throw invalidInput(toFieldErrors(result.error))
  return result.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const fields = [{ path: 'body', message: 'is not valid JSON' }]
    throw new Problem('invalid_json', 'The body is not valid JSON.', { fields, cause: error })
  }
}
