import { createRoute, OpenAPIHono, z, type RouteConfig } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'

import { maxQueryNumber, problem, type FieldError, type Scope } from '../contract/index.ts'
import { Problem } from '../lib/problem.ts'
import { requireScope } from './authenticate.ts'
import type { ApiEnv } from './env.ts'
import { invalidInput } from './problem.ts'

export type Router = OpenAPIHono<ApiEnv>

/** createRouter makes a router whose input errors name the bad fields. */
export function createRouter(): Router {
  return new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalidInput(toFieldErrors(result.error))
    },
  })
}

export function toFieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.map((issue) => ({ path: issue.path.join('.') || 'body', message: issue.message }))
}

export const idParameter = z.object({
  id: z
    .string()
    .regex(/^[1-9]\d{0,14}$/, 'must be the whole number that the proxy has as its id')
    .transform(Number)
    .meta({ param: { name: 'id', in: 'path' }, type: 'integer', minimum: 1, maximum: maxQueryNumber }),
})

/** Access is what a route needs of who asks: one scope, or, said in so many words, nothing. */
export type Access = Scope | 'public'

type RouteDescription = Omit<RouteConfig, 'path' | 'middleware'> & { operationId: string }

/**
 * route describes a route and says who may use it: behind the gate, whoever has the scope. The answers that follow from what it is (a
 * change, with a body, for some only) are added to those that it lists.
 */
export function route<R extends RouteDescription & { path: string }>(access: Access, description: R) {
  const created = createRoute(description)
  const gate = access === 'public' ? [] : [requireScope(access)]
  Object.assign(created, {
    responses: { ...failures(usualFailures(access, description)), ...description.responses },
    security: access === 'public' ? (description.security ?? []) : [{ session: [access] }, { cookie: [access] }],
    middleware: description.request?.body?.required === true ? [...gate, requireBody] : gate,
  })
  return created
}

/** Without this a body that is missing would be taken for an empty object, which some routes have a use for. */
const requireBody: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const length = c.req.header('transfer-encoding') ?? c.req.header('content-length') ?? '0'
  if (c.req.header('content-type') === undefined && length === '0') throw missingBody()
  await next()
}

function missingBody(): Problem {
  const fields = [{ path: 'body', message: 'is missing' }]
  return new Problem(
    'invalid_json',
    'The body is missing: send JSON, with the header Content-Type: application/json.',
    { fields },
  )
}

/** describeRoute puts a route into the description that has a handler of its own. */
export function describeRoute(router: Router, served: RouteConfig): void {
  const description = { ...served }
  delete description.middleware
  router.openAPIRegistry.registerPath(description)
}

/** json describes a JSON body of a reply. */
export function json<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { 'application/json': { schema } } }
}

/** jsonBody describes a JSON body that a request must have. */
export function jsonBody<T extends z.ZodType>(schema: T) {
  return { required: true, content: { 'application/json': { schema } } }
}

/** failures documents error statuses of a route; all share the one problem form. */
export function failures(table: Record<number, string>): RouteConfig['responses'] {
  const entries = Object.entries(table).map(([status, description]) => [
    status,
    { description, content: { 'application/problem+json': { schema: problem } } },
  ])
  return Object.fromEntries(entries)
}

function usualFailures(access: Access, { method, request }: RouteDescription): Record<number, string> {
  const hasInput = request?.body ?? request?.query ?? request?.params
  return {
    ...(hasInput === undefined ? {} : { 400: 'Bad input' }),
    ...(access === 'public'
      ? {}
      : { 401: 'Not signed in', 403: 'Not within the scopes of who asks, or a page of another site asks' }),
    ...(request?.body === undefined ? {} : { 415: 'The body is not JSON' }),
    421: 'Asked for under a name that Stillpoint does not go by',
    500: 'Something went wrong here; the log has more under the request id',
    ...(method === 'get' ? {} : { 503: 'Stillpoint is stopping', 507: 'The disk is full' }),
  }
}
