import { OpenAPIHono, z, type RouteConfig } from '@hono/zod-openapi'

import { problem, type FieldError } from '../contract/index.ts'
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
    .meta({ param: { name: 'id', in: 'path' }, type: 'integer', minimum: 1 }),
})

/** signedIn marks a route that needs a session. */
export const signedIn: NonNullable<RouteConfig['security']> = [{ session: [] }, { cookie: [] }]

/** json describes a JSON body of a reply. */
export function json<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { 'application/json': { schema } } }
}

/** jsonBody describes a JSON body that a request must have. */
export function jsonBody<T extends z.ZodType>(schema: T) {
  return { required: true, content: { 'application/json': { schema } } }
}

/** failures documents the error statuses of a route; all share the one problem form, those that any route may have too. */
export function failures(table: Record<number, string>): RouteConfig['responses'] {
  const entries = Object.entries({ ...table, default: 'Any other failure' }).map(([status, description]) => [
    status,
    { description, content: { 'application/problem+json': { schema: problem } } },
  ])
  return Object.fromEntries(entries)
}
