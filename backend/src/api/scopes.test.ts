import { describe, expect, it } from 'vitest'

import { createBareApi } from '../../test/support/description.ts'
import type { Scope } from '../contract/index.ts'
import type { Access } from './router.ts'

/** What each route needs, in so many words: whoever adds one decides it here too. */
const table: Record<string, Access> = {
  'GET /health': 'public',
  'GET /ready': 'public',
  'GET /openapi.json': 'public',
  'GET /': 'public',
  'GET /docs': 'public',
  'GET /docs/init.js': 'public',
  'GET /docs/swagger-ui.css': 'public',
  'GET /docs/swagger-ui-bundle.js': 'public',
  'POST /api/auth/login': 'public',
  'GET /metrics': 'read',
  'POST /api/auth/logout': 'admin',
  'GET /api/auth/me': 'read',
  'POST /api/auth/password': 'admin',
  'GET /api/auth/sessions': 'admin',
  'DELETE /api/auth/sessions/:id': 'admin',
  'GET /api/proxies': 'read',
  'POST /api/proxies': 'manage',
  'POST /api/proxies/import': 'manage',
  'GET /api/proxies/:id': 'read',
  'PUT /api/proxies/:id': 'manage',
  'DELETE /api/proxies/:id': 'manage',
  'POST /api/proxies/:id/restore': 'manage',
  'POST /api/proxies/:id/rotate': 'rotate',
  'POST /api/proxies/:id/restart': 'manage',
  'POST /api/proxies/:id/check': 'rotate',
  'POST /api/proxies/:id/test': 'rotate',
  'GET /api/proxies/:id/series': 'read',
  'GET /api/proxies/:id/connection': 'manage',
  'GET /api/endpoints': 'read',
  'GET /api/endpoints/:id': 'read',
  'GET /api/connections': 'manage',
  'POST /api/proxies/:id/token': 'manage',
  'POST /api/proxies/:id/addresses': 'manage',
  'DELETE /api/proxies/:id/addresses/:address': 'manage',
  'GET /api/traffic': 'read',
  'GET /api/system': 'read',
  'GET /api/settings': 'read',
  'PUT /api/settings': 'manage',
  'GET /api/export': 'read',
  'POST /api/export': 'admin',
  'GET /api/logs': 'read',
  'GET /api/logs/export': 'read',
  'GET /api/events': 'read',
}

function createApiFor(scopes: readonly Scope[]) {
  return createBareApi({ name: 'somebody', scopes: new Set(scopes), isStillGood: () => true })
}

async function call(scopes: readonly Scope[], route: string) {
  const [method = '', path = ''] = route.split(' ')
  const headers = { authorization: 'Bearer any' }
  const reply = await createApiFor(scopes).request(path.replaceAll(/:\w+/g, '1'), { method, headers }, {})
  return { status: reply.status, text: await reply.text() }
}

it('says of every route what it needs', () => {
  const routes = createApiFor([]).routes.filter(({ method }) => method !== 'ALL')

  expect([...new Set(routes.map(({ method, path }) => `${method} ${path}`))].toSorted()).toEqual(
    Object.keys(table).toSorted(),
  )
})

describe.each(Object.entries(table).filter(([, access]) => access !== 'public') as [string, Scope][])(
  '%s',
  (route, scope) => {
    const others = (['read', 'rotate', 'manage', 'admin'] as const).filter((other) => other !== scope)

    it(`is refused without the scope ${scope}, whatever else is held`, async () => {
      const { status, text } = await call(others, route)

      expect(status).toBe(403)
      expect(JSON.parse(text)).toMatchObject({ code: 'scope_missing' })
    })

    it(`is let through with the scope ${scope} alone`, async () => {
      expect((await call([scope], route)).status).not.toBe(403)
    })
  },
)
