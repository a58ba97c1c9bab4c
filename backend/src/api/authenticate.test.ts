import { Socket } from 'node:net'

import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { expect, it, vi } from 'vitest'

import { createPrincipals } from '../auth/principal.ts'
import { authenticate } from './authenticate.ts'
import type { ApiEnv } from './env.ts'
import { rememberOrigin } from './origins.ts'
import { createErrorHandler } from './problem.ts'
import { silentLog } from '../lib/log.ts'

const user = { id: 1, username: 'admin', password: '', has_generated_password: false, devices: [] }
const principals = createPrincipals({ find: (id) => (id === 'living' ? user : undefined) })

it('admits the connection of whoever has a living session, and no other', async () => {
  const socket = new Socket()
  const admit = vi.fn()
  rememberOrigin(socket, { clientAddress: '192.0.2.1', isSecure: true, endpoint: null, admit })
  const app = new Hono<ApiEnv>()
  app.onError(createErrorHandler(silentLog))
  app.all('*', authenticate(principals), (c) => c.text('in'))
  const call = async (method: string, headers: Record<string, string>) =>
    (await app.request('/', { method, headers }, { incoming: { socket } as HttpBindings['incoming'] })).status

  expect(await call('GET', {})).toBe(401)
  expect(await call('GET', { authorization: 'Bearer dead' })).toBe(401)
  expect(await call('POST', { cookie: 'session_id=living', origin: 'https://evil.example' })).toBe(403)
  expect(admit).not.toHaveBeenCalled()

  expect(await call('GET', { authorization: 'Bearer living' })).toBe(200)
  expect(admit).toHaveBeenCalledOnce()
})
