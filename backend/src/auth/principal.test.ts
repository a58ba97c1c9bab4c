import { expect, it } from 'vitest'

import { createPrincipals } from './principal.ts'

const user = { id: 1, username: 'admin', password: '', has_generated_password: false, devices: [] }

it('has every scope with a session, and is good for as long as that lives', () => {
  const living = new Set(['secret'])
  const principals = createPrincipals({ find: (id) => (living.has(id) ? user : undefined) })

  const principal = principals.find('secret', '192.0.2.1')

  expect(principal).toMatchObject({ kind: 'session', name: 'admin', address: '192.0.2.1', user, sessionId: 'secret' })
  expect([...(principal?.scopes ?? [])]).toEqual(['read', 'rotate', 'manage', 'admin'])
  expect(principal?.id).not.toContain('secret')
  expect(principal?.isStillGood()).toBe(true)
  living.clear()
  expect(principal?.isStillGood()).toBe(false)
  expect(principals.find('secret', '192.0.2.1')).toBeUndefined()
})
