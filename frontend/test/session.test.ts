import type { Browser, Page } from 'playwright'
import { describe, expect, it } from 'vitest'

import { freePort } from '../../backend/test/support/data-plane.ts'
import { adminPassword, World } from '../../backend/test/support/world.ts'
import { eventually, openBrowser, openPage, rowOf, see, setUpDashboard, signIn } from './support/dashboard.ts'

describe('a session', () => {
  let browser: Browser
  let world: World
  let page: Page
  setUpDashboard(
    (fresh) => ({ browser, world, page } = fresh),
    // The address must stay the same over a restart.
    async () => ({ environment: { PORT: String(await freePort()) } }),
  )

  it('refuses a wrong password and says so', async () => {
    await page.goto(world.url)
    await page.getByLabel('Password').fill('wrong password')

    await page.getByRole('button', { name: 'Sign in' }).click()

    await see(page.getByRole('alert'), 'User name or password is wrong.')
  })

  it('says in Vietnamese when to try again', async () => {
    const vietnamese = await openPage(browser, { locale: 'vi-VN' })
    const wrong = { username: 'admin', password: 'wrong password' }
    for (let count = 0; count < 5; count++) await world.call('POST', '/api/auth/login', wrong)
    await vietnamese.goto(world.url)
    await vietnamese.getByLabel('Mật khẩu').fill(adminPassword)

    await vietnamese.getByRole('button', { name: 'Đăng nhập' }).click()

    await see(vietnamese.getByRole('alert'), /^Thử quá nhiều lần\. Thử lại sau \d giây\.$/)
    await vietnamese.context().close()
  })

  it('leads to the page that was asked for', async () => {
    await world.addKey('a')

    await signIn(page, world, '/keys/1?tab=access')

    await page.getByRole('dialog', { name: 'a' }).waitFor()
    await see(page, 'Access token')
  })

  it('leads to the login when it ends, and back to where one was', async () => {
    await world.addKey('a')
    await signIn(page, world, '/keys/1')
    const [other] = (await world.call<{ id: string; is_current: boolean }[]>('GET', '/api/auth/sessions')).body.filter(
      ({ is_current }) => !is_current,
    )

    await world.call('DELETE', `/api/auth/sessions/${other?.id}`)

    await see(page, 'Your session has ended.')
    await page.getByLabel('Password').fill(adminPassword)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('dialog', { name: 'a' }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/keys/1')
  })

  it('signs out, and shows nothing of before', async () => {
    await world.addKey('a')
    await signIn(page, world)
    await page.getByRole('button', { name: 'Account of admin' }).click()

    await page.getByRole('menuitem', { name: 'Sign out' }).click()

    await page.getByLabel('Password').waitFor()
    expect(await page.getByText('Your session has ended.').count()).toBe(0)
    await eventually(() => page.getByRole('row').count(), 0)
    await page.reload()
    await page.getByLabel('Password').waitFor()
  })

  it('survives a restart of the backend: the page says that it is lost, comes back, and shows what changed', async () => {
    await world.addKey('a')
    await signIn(page, world)
    await rowOf(page, 'a').waitFor()
    await see(page.getByRole('banner'), 'live')

    await world.app.stop()
    await see(page.getByRole('banner'), 'reconnecting')
    await world.restart()
    await world.call('PUT', '/api/proxies/1', { key_name: 'renamed' })

    await rowOf(page, 'renamed').waitFor()
    await see(page.getByRole('banner'), /^live$/)
  })

  it('shows two admins each other’s changes within a second', async () => {
    await world.addKey('a')
    const second = await openPage(browser)
    await signIn(page, world)
    await signIn(second, world)
    await rowOf(second, 'a').waitFor()

    await page.getByRole('button', { name: 'Rotate IP of a' }).click()

    await see(rowOf(second, 'a'), /was /)
    await page.getByRole('button', { name: 'Delete a', exact: true }).click()
    await page.getByRole('button', { name: 'Delete the key' }).click()
    await rowOf(second, 'a').waitFor({ state: 'detached' })
    await second.context().close()
  })

  it('is listed with the others, each of which can be ended', async () => {
    await signIn(page, world, '/settings')
    const sessions = page.getByRole('region', { name: 'Account' }).getByRole('listitem')
    await eventually(() => sessions.count(), 2)
    expect(await sessions.first().innerText()).toContain('Chrome, Linux')
    expect(await sessions.first().innerText()).toContain('this one')

    await page.getByRole('button', { name: /^End the session/ }).click()
    await page
      .getByRole('dialog', { name: /^End the session/ })
      .getByRole('button', { name: 'End' })
      .click()

    await eventually(() => sessions.count(), 1)
    expect((await world.call('GET', '/api/auth/me')).status).toBe(401)
  })

  it('changes the password', async () => {
    await signIn(page, world)
    await page.getByRole('button', { name: 'Account of admin' }).click()
    await page.getByRole('menuitem', { name: 'Change password' }).click()
    await page.getByLabel('Present password').fill('not the right one')
    await page.getByLabel('New password', { exact: true }).fill('another password')
    await page.getByLabel('New password again').fill('another password')
    await page.getByRole('dialog').getByRole('button', { name: 'Change password' }).click()
    await see(page.getByRole('dialog'), 'The password is wrong.')

    await page.getByLabel('Present password').fill(adminPassword)
    await page.getByRole('dialog').getByRole('button', { name: 'Change password' }).click()

    await see(page, 'The password was changed')
    await page.context().clearCookies()
    await signIn(page, world, '/', 'another password')
  })

  it.each([
    ['English', ['Change password', 'Present password', 'New password', 'New password again'], 'that a guesser tries'],
    [
      'Vietnamese',
      ['Đổi mật khẩu', 'Mật khẩu hiện tại', 'Mật khẩu mới', 'Nhập lại mật khẩu mới'],
      'Mật khẩu này quá phổ biến',
    ],
  ] as const)('takes no common password for a new one, and says so in %s', async (language, texts, refusal) => {
    const [change, present, fresh, again] = texts
    await signIn(page, world, '/settings')
    if (language === 'Vietnamese') await page.getByRole('button', { name: 'Tiếng Việt' }).click()
    await page.getByRole('button', { name: change }).click()
    await page.getByLabel(present).fill(adminPassword)
    await page.getByLabel(fresh, { exact: true }).fill('password')
    await page.getByLabel(again).fill('password')

    await page.getByRole('dialog').getByRole('button', { name: change }).click()

    await see(page.getByRole('dialog'), new RegExp(refusal))
  })
})

describe('the first login', () => {
  it('with a generated password offers to change it, once', async () => {
    const world = await World.create()
    const generated = await world.app.stop().then(() => world.startAnew())
    const browser = await openBrowser()
    const page = await openPage(browser)

    await page.goto(world.url)
    await page.getByLabel('Password').fill(generated)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('dialog', { name: 'Choose a password of your own' }).waitFor()
    await page.getByLabel('Present password').fill(generated)
    await page.getByLabel('New password', { exact: true }).fill('my own password')
    await page.getByLabel('New password again').fill('my own password')
    await page.getByRole('dialog').getByRole('button', { name: 'Change password' }).click()
    await see(page, 'The password was changed')
    await page.context().clearCookies()
    await signIn(page, world, '/', 'my own password')

    await see(page, 'No key yet')
    expect(await page.getByRole('dialog').count()).toBe(0)
    await browser.close()
    await world.stop()
  })
})
