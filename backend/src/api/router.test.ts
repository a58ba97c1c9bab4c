import { expect, it } from 'vitest'

import { createBareApi } from '../../test/support/description.ts'

it.each(['POST /api/proxies', 'PUT /api/settings', 'PUT /api/proxies/1', 'POST /api/proxies/import'])(
  '%s without a body is no request with an empty object',
  async (route) => {
    const [method = '', path = ''] = route.split(' ')
    const api = createBareApi({ name: 'admin', scopes: new Set(['manage'] as const) })

    const reply = await api.request(path, { method, headers: { authorization: 'Bearer any' } }, {})

    expect(reply.status).toBe(400)
    expect(await reply.json()).toMatchObject({ errors: [{ path: 'body', message: 'is missing' }] })
  },
)
