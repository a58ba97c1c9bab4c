import type { Page } from 'playwright'
import { describe, expect, it } from 'vitest'

import { type World } from '../../backend/test/support/world.ts'
import { see, setUpDashboard, signIn } from './support/dashboard.ts'

describe('timed rotation', () => {
  let world: World
  let page: Page
  setUpDashboard((fresh) => ({ world, page } = fresh))

  it('tells when a key rotates next, and takes how far apart rotations are', async () => {
    await world.addKey('a')
    await signIn(page, world, '/settings')
    const card = page.getByRole('region', { name: 'Auto-Rotation Settings' })
    await card.getByLabel('Timed auto-rotation').check()
    await card.getByLabel('At least so many seconds apart').fill('4000')
    await see(card, 'Enter whole seconds from 0 to 3600.')
    expect(await card.getByRole('button', { name: 'Save Settings' }).isDisabled()).toBe(true)
    await card.getByLabel('At least so many seconds apart').fill('7')
    await card.getByRole('button', { name: 'Save Settings' }).click()
    await see(page, 'The settings were saved.')

    const { body } = await world.call<Record<string, unknown>>('GET', '/api/settings')
    expect(body).toMatchObject({ auto_rotate_interval_enabled: true, auto_rotate_spacing_seconds: 7 })
    await page.goto(`${new URL(page.url()).origin}/keys/1`)
    await see(page, 'on interval')
  })
})
