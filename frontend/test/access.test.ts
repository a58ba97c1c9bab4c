import type { Page } from 'playwright'
import { describe, expect, it } from 'vitest'

import { RawClient } from '../../backend/test/support/data-plane.ts'
import { type World } from '../../backend/test/support/world.ts'
import { see, setUpDashboard, signIn } from './support/dashboard.ts'

describe('the access of a key', () => {
  let world: World
  let page: Page
  setUpDashboard((fresh) => ({ world, page } = fresh))

  it('tells which addresses the token let in, and that a new one ends them', async () => {
    await world.addKey('a')
    const { password } = await world.connection(1)
    const allow = new RawClient(world.app.gatewayPort ?? 0, { localAddress: '127.0.7.1' })
    allow.send(`POST /address HTTP/1.1\r\nHost: proxy1.localhost\r\nAuthorization: Bearer ${password}\r\n`)
    expect(await allow.send('Content-Length: 0\r\nConnection: close\r\n\r\n').status()).toBe(200)
    await world.call('POST', '/api/proxies/1/addresses', { address: '127.0.7.2', for: 'forever' })
    await signIn(page, world, '/keys/1?tab=access')
    await see(page.getByRole('listitem').filter({ hasText: '127.0.7.1' }), ', with the token')
    await see(page.getByRole('listitem').filter({ hasText: '127.0.7.2' }), 'until removed')

    await page.getByRole('button', { name: 'Replace' }).click()
    const dialog = page.getByRole('dialog', { name: 'Replace the token of a?' })
    await see(dialog, 'Addresses that were allowed with it are no longer allowed; those that you allowed stay')
    await dialog.getByRole('button', { name: 'Replace' }).click()

    await page.getByRole('listitem').filter({ hasText: '127.0.7.1' }).waitFor({ state: 'detached' })
    await see(page.getByRole('listitem').filter({ hasText: '127.0.7.2' }), 'until removed')
  })
})
