import { STATUS_CODES } from 'node:http'

import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

import type { FieldError, ProblemBody, ProblemCode } from '../contract/index.ts'
import type { Log } from '../lib/log.ts'
import { messageOf, Problem } from '../lib/problem.ts'
import { allowedMethods, methodNotAllowed } from './allowed-methods.ts'
import type { ApiEnv } from './env.ts'

const statuses = {
  invalid_input: 400,
  invalid_json: 400,
  body_too_large: 400,
  unsupported_media_type: 415,
  method_not_allowed: 405,
  not_authenticated: 401,
  wrong_credentials: 401,
  too_many_attempts: 429,
  common_password: 400,
  cross_origin: 403,
  scope_missing: 403,
  unknown_host: 421,
  not_found: 404,
  duplicate_key: 409,
  no_free_number: 409,
  number_taken: 409,
  address_taken: 409,
  too_many_addresses: 409,
  key_rejected: 422,
  key_inactive: 409,
  rotation_cooldown: 409,
  provider_unavailable: 502,
  provider_out_of_stock: 503,
  upstream_missing: 409,
  listener_failed: 503,
  storage_full: 507,
  storage_failed: 500,
  stopping: 503,
  internal_error: 500,
} satisfies Record<ProblemCode, ContentfulStatusCode>

/** statusOf is the HTTP status of what went wrong. */
export function statusOf(code: ProblemCode): ContentfulStatusCode {
  return statuses[code]
}

/** invalidInput is a Problem that names the bad fields in its text as well as in `errors`. */
export function invalidInput(fields: FieldError[]): Problem {
  const text = fields.map((field) => `${field.path} ${field.message}`).join('; ')
  return new Problem('invalid_input', `${text}.`, { fields })
}

/** createErrorHandler turns whatever a handler threw into `application/problem+json`. This is the only place that knows statuses. */
export function createErrorHandler(log: Log) {
  return (error: unknown, c: Context<ApiEnv>): Response => {
    const problem = toProblem(error)
    if (problem) return answer(c, problem)
    if (c.req.raw.signal.aborted) return c.body(null, 400)
    const request_id = c.get('requestId')
    const stack = error instanceof Error ? error.stack : undefined
    log.error(
      { request_id, method: c.req.method, path: c.req.path, reason: messageOf(error), stack },
      'a request failed',
    )
    const text = `Something went wrong here; nothing is known of why. The log has it under the request id ${request_id}.`
    return answer(c, new Problem('internal_error', text))
  }
}

/** createNotFoundHandler answers for paths that do not exist, or do not take the method. */
export function createNotFoundHandler(
  routes: () => readonly { method: string; path: string }[],
  /** What people get instead of a problem; null where there is nothing to show. */
  page: string | null,
) {
  return (c: Context<ApiEnv>): Response => {
    const methods = allowedMethods(routes(), c.req.path)
    const isPerson = c.req.method === 'GET' && (c.req.header('accept') ?? '').includes('text/html')
    if (isPerson && page !== null && !c.req.path.startsWith('/api/')) return c.html(page, 404)
    if (methods.length === 0 || methods.includes(c.req.method)) {
      return answer(c, new Problem('not_found', `There is nothing at ${c.req.path}. The API is described at /docs.`))
    }
    return answer(c, methodNotAllowed(c, methods))
  }
}

function toProblem(error: unknown): Problem | null {
  if (error instanceof Problem) return error
  if (!(error instanceof HTTPException)) return null
  if (error.status === 415) {
    return new Problem(
      'unsupported_media_type',
      'Send the body as JSON, with the header Content-Type: application/json.',
    )
  }
  if (error.status !== 400) return null
  return new Problem('invalid_json', 'The body is not valid JSON.', {
    fields: [{ path: 'body', message: 'is not valid JSON' }],
  })
}

function answer(c: Context<ApiEnv>, problem: Problem): Response {
  const status = statusOf(problem.code)
  const body: ProblemBody = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: problem.message,
    code: problem.code,
    request_id: c.get('requestId'),
    ...(problem.retryAfterSeconds === undefined ? {} : { retry_after: problem.retryAfterSeconds }),
    ...(problem.fields === undefined ? {} : { errors: problem.fields }),
  }
  if (status === 401) c.header('WWW-Authenticate', 'Bearer realm="Stillpoint"')
  if (problem.retryAfterSeconds !== undefined) c.header('Retry-After', String(problem.retryAfterSeconds))
  c.header('Content-Type', 'application/problem+json')
  return c.body(JSON.stringify(body), status)
}
