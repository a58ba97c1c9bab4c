import type { Page } from 'playwright'
import { describe, expect, it } from 'vitest'

import type { World } from '../../backend/test/support/world.ts'
import { see, setUpDashboard, signIn } from './support/dashboard.ts'

describe('the activity', () => {
  let world: World
  let page: Page
  setUpDashboard((fresh) => ({ world, page } = fresh))

  it('tells everything in the language that is chosen, and its file too', async () => {
    const { subdomain } = await world.addKey('a')
    await world.call('PUT', '/api/settings', { rotate_on_failure: false })
    await signIn(page, world, '/activity')
    await see(page, 'Settings: rotate_on_failure is false.')

    await page.getByRole('button', { name: 'Tiếng Việt' }).click()

    await see(page, 'Cài đặt: đổi IP khi proxy bị lỗi là tắt.')
    await world.call('POST', '/api/proxies/1/restart')
    await see(page, `Đã khởi động lại ${subdomain}.`)
    const link = page.getByRole('link', { name: 'Xuất CSV' })
    expect(await link.getAttribute('href')).toContain('language=vi')
  })

  it('tells who did it, and of a key that is gone the name that it had', async () => {
    const { subdomain } = await world.addKey('Shop A')
    await world.call('DELETE', '/api/proxies/1')
    await signIn(page, world, '/activity')

    const line = page.getByRole('listitem').filter({ hasText: `${subdomain} was deleted.` })

    await see(line, 'Shop A')
    expect(await line.getByText('admin', { exact: true }).getAttribute('title')).toBe('127.0.0.1')
  })
})
