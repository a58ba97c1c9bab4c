import { describe, expect, it } from 'vitest'

import { createBareApi } from '../../test/support/description.ts'
import { allowedMethods } from './allowed-methods.ts'

const routes = [
  { method: 'ALL', path: '/api/*' },
  { method: 'GET', path: '/proxies' },
  { method: 'POST', path: '/proxies' },
  { method: 'POST', path: '/proxies/import' },
  { method: 'GET', path: '/proxies/:id' },
  { method: 'PUT', path: '/proxies/:id' },
  { method: 'POST', path: '/proxies/:id/rotate' },
]

it.each([
  ['/proxies', ['GET', 'POST']],
  ['/proxies/import', ['POST']],
  ['/proxies/7', ['GET', 'PUT']],
  ['/proxies/7/rotate', ['POST']],
  ['/nothing', []],
  ['/api/nothing', []],
])('%s takes %j', (path, methods) => {
  expect(allowedMethods(routes, path)).toEqual(methods)
})

describe('a path with a name of its own', () => {
  const api = createBareApi({ name: 'admin', scopes: new Set(['manage'] as const) })
  const call = async (method: string, path: string) => {
    const { status, headers } = await api.request(path, { method, headers: { authorization: 'Bearer any' } }, {})
    return [status, headers.get('allow')]
  }

  it.each(['GET', 'PUT', 'DELETE', 'OPTIONS'])('does not take %s as a parameter would', async (method) => {
    expect(await call(method, '/api/proxies/import')).toEqual([405, 'POST'])
  })

  it('takes HEAD where it takes GET', async () => {
    expect((await call('HEAD', '/api/events'))[0]).not.toBe(405)
  })
})
