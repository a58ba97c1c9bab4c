import type { Context, MiddlewareHandler } from 'hono'

import { Problem } from '../lib/problem.ts'
import type { ApiEnv } from './env.ts'

/** Served is what a router serves, as Hono lists it. */
type Served = readonly { method: string; path: string }[]

/**
 * allowedMethods are what a path takes, none where there is nothing. A path that has a name of its own (`/proxies/import`) takes
 * only what is served under that name, although it fits a parameter (`/proxies/:id`) too.
 */
export function allowedMethods(routes: Served, path: string): string[] {
  const named = methodsUnder(routes, path)
  return named.length > 0 ? named : methodsOf(routes.filter((route) => fits(route.path, path)))
}

/** methodNotAllowed says what a path takes instead. */
export function methodNotAllowed(c: Context<ApiEnv>, methods: readonly string[]): Problem {
  const allowed = methods.join(', ')
  c.header('Allow', allowed)
  return new Problem('method_not_allowed', `${c.req.path} takes ${allowed}, not ${c.req.method}.`)
}

/** keepNames has a path with a name of its own refuse what is served for a parameter in its place. */
export function keepNames(routes: () => Served): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const named = methodsUnder(routes(), c.req.path)
    // Hono answers HEAD by what it serves for GET.
    const method = c.req.method === 'HEAD' ? 'GET' : c.req.method
    if (named.length > 0 && !named.includes(method)) throw methodNotAllowed(c, named)
    await next()
  }
}

function methodsUnder(routes: Served, name: string): string[] {
  return methodsOf(routes.filter(({ path }) => path === name))
}

function methodsOf(routes: Served): string[] {
  return [...new Set(routes.map(({ method }) => method))].filter((method) => method !== 'ALL')
}

function fits(pattern: string, path: string): boolean {
  const parts = pattern.split('/')
  const given = path.split('/')
  return parts.length === given.length && parts.every((part, index) => part.startsWith(':') || part === given[index])
}
