import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { World } from './support/world.ts'

let world: World

beforeAll(async () => {
  world = await World.create()
})

afterAll(() => world.stop())

describe('the description at /openapi.json', () => {
  it('has every route of the API, each with its errors, and defines all that it refers to', async () => {
    const { body } = await world.call<{
      openapi: string
      paths: Record<string, Record<string, { responses: Record<string, unknown>; security?: unknown }>>
      components: { schemas: Record<string, unknown> }
    }>('GET', '/openapi.json')

    expect(body.openapi).toBe('3.1.0')
    const routes = Object.entries(body.paths).flatMap(([path, verbs]) =>
      Object.keys(verbs).map((verb) => `${verb} ${path}`),
    )
    expect(routes.toSorted()).toEqual(
      [
        'delete /api/proxies/{id}',
        'delete /api/proxies/{id}/addresses/{address}',
        'post /api/proxies/{id}/addresses',
        'get /api/auth/me',
        'get /api/auth/sessions',
        'delete /api/auth/sessions/{id}',
        'get /api/connections',
        'get /api/endpoints',
        'get /api/endpoints/{id}',
        'get /api/logs/export',
        'get /api/proxies/{id}/series',
        'get /api/system',
        'get /api/traffic',
        'post /api/proxies/{id}/test',
        'post /api/proxies/{id}/token',
        'get /api/export',
        'post /api/export',
        'get /api/events',
        'get /api/logs',
        'get /api/proxies',
        'get /api/proxies/{id}',
        'get /api/proxies/{id}/connection',
        'get /api/settings',
        'get /health',
        'get /metrics',
        'get /ready',
        'post /api/auth/login',
        'post /api/auth/logout',
        'post /api/auth/password',
        'post /api/proxies',
        'post /api/proxies/import',
        'post /api/proxies/{id}/check',
        'post /api/proxies/{id}/restart',
        'post /api/proxies/{id}/restore',
        'post /api/proxies/{id}/rotate',
        'put /api/proxies/{id}',
        'put /api/settings',
      ].toSorted(),
    )
    for (const [path, verbs] of Object.entries(body.paths)) {
      if (!path.startsWith('/api/') || path === '/api/auth/login') continue
      for (const route of Object.values(verbs)) {
        expect(route.security, path).toBeDefined()
        expect(route.responses['401'], path).toBeDefined()
      }
    }
    const references = [...JSON.stringify(body).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
      (match) => match[1] ?? '',
    )
    expect(Object.keys(body.components.schemas)).toEqual(expect.arrayContaining([...new Set(references)]))
    expect(references.length).toBeGreaterThan(20)
  })
})
