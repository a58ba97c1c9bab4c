import type { Page } from 'playwright'
import { describe, expect, it } from 'vitest'

import { ManualClock } from '../../backend/test/support/manual-clock.ts'
import { type World } from '../../backend/test/support/world.ts'
import { eventually, rowOf, see, setUpDashboard, signIn } from './support/dashboard.ts'

describe('the other pages', () => {
  let world: World
  let page: Page
  const beginAnew = setUpDashboard((fresh) => ({ world, page } = fresh))

  it('show a key whole: its facts, ways to connect, a test, and its rotations', async () => {
    await world.addKey('a')
    const connection = await world.connection(1)
    await signIn(page, world, '/keys/1')
    const sheet = page.getByRole('dialog', { name: 'a' })
    await see(sheet, connection.host === '127.0.0.1' ? 'proxy1.localhost' : connection.host)

    await sheet.getByRole('button', { name: 'Rotate IP of a' }).click()
    await see(sheet, 'by hand')
    await sheet.getByRole('tab', { name: 'Connect' }).click()
    await sheet.getByRole('button', { name: 'Test the endpoint' }).click()
    await see(sheet.getByRole('status'), (await world.get(1)).remote_ip ?? '')
    expect(await sheet.getByText(connection.password).count()).toBe(0)
    await sheet.getByRole('button', { name: 'Show the token' }).click()
    await see(sheet, connection.http_url)
    for (const name of ['Python requests', 'Python httpx', 'Node undici', 'Node axios', 'Go', 'Playwright']) {
      await sheet.getByLabel('Program').selectOption(name)
      await see(sheet.getByLabel(name), connection.password)
    }
    for (const name of ['Firefox', 'Windows', 'macOS', 'Android']) {
      await sheet.getByLabel('Browser or system').selectOption(name)
      await see(sheet.getByRole('list').first(), String(connection.port))
    }
    await page.keyboard.press('Escape')
    await sheet.waitFor({ state: 'detached' })
    expect(new URL(page.url()).pathname).toBe('/')
  })

  it('replace the token on demand, and allow an address for a time', async () => {
    await world.addKey('a')
    const before = await world.connection(1)
    await signIn(page, world, '/keys/1?tab=access')

    await page.getByRole('button', { name: 'Replace' }).click()
    await page.getByRole('dialog', { name: 'Replace the token of a?' }).getByRole('button', { name: 'Replace' }).click()
    await see(page, 'a has a new token.')
    const after = await world.connection(1)
    expect(after.password).not.toBe(before.password)
    await see(page, after.password)

    await page.getByLabel('Address', { exact: true }).fill('nonsense')
    await page.getByRole('button', { name: 'Allow' }).click()
    await see(page, /must be an IP address/)
    await page.getByLabel('Address', { exact: true }).fill('203.0.113.9')
    await page.getByLabel('For').selectOption('7 days')
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.getByRole('button', { name: 'Remove 203.0.113.9' }).click()
    const asked = page.getByRole('dialog', { name: 'Remove 203.0.113.9?' })
    await asked.getByRole('button', { name: 'Remove', exact: true }).click()
    await asked.waitFor({ state: 'detached' })
    await see(page, 'None: everybody needs the token.')
    expect((await world.get(1)).allowed_addresses).toEqual([])
  })

  it('draw latency and traffic of a key over an hour, a day and a week', async () => {
    await world.addKey('a')
    await signIn(page, world, '/keys/1?tab=plots')

    for (const range of ['Hour', 'Day', 'Week']) {
      await page.getByRole('button', { name: range }).click()
      await eventually(() => page.locator('figure svg.recharts-surface').count(), 2)
    }
  })

  it('list what was done, live, filtered and for export', async () => {
    await world.addKey('a')
    await world.addKey('b')
    await signIn(page, world, '/activity')
    const entries = page.getByRole('list', { name: 'Activity' }).getByRole('listitem')
    await see(page, 'proxy2 is ready')

    await world.call('POST', '/api/proxies/1/rotate')
    await see(entries.first(), 'by hand')
    await page.getByLabel('Action').selectOption('Rotated')
    await eventually(() => entries.count(), 1)
    await page.getByLabel('Key', { exact: true }).selectOption('b')
    await see(page, 'No entry fits the filters.')
    await page.getByLabel('Key', { exact: true }).selectOption('a')
    await eventually(() => entries.count(), 1)
    const saved = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Export CSV' }).click()
    const chunks: Buffer[] = []
    for await (const chunk of await (await saved).createReadStream()) chunks.push(chunk as Buffer)
    const lines = Buffer.concat(chunks).toString('utf8').trim().split('\r\n')
    expect(lines).toHaveLength(2)
    expect(lines[1]).toContain('rotate')
  })

  it('page through a long log as one scrolls', async () => {
    await world.addKey('a')
    for (let count = 0; count < 130; count++) await world.call('POST', '/api/proxies/1/restart')
    await signIn(page, world, '/activity')
    const entries = page.getByRole('list', { name: 'Activity' }).getByRole('listitem')
    await entries.first().waitFor()

    expect(await page.getByText('proxy1 is ready').count()).toBe(0)
    const goDown = async () => {
      await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight))
      return await page.getByText('proxy1 is ready').count()
    }

    await expect.poll(goDown, { timeout: 20_000 }).toBe(1)
    // Whatever the length of the log, only what is in sight is drawn.
    expect(await entries.count()).toBeLessThan(60)
  })

  it('save the settings, which are obeyed: a key rotates on its interval', async () => {
    const clock = new ManualClock()
    await beginAnew({ clock })
    await world.addKey('a')
    const before = (await world.get(1)).remote_ip
    await signIn(page, world, '/settings')
    const card = page.getByRole('region', { name: 'Auto-Rotation Settings' })
    await see(card, 'Every key keeps its IP as long as it lasts')
    await card.getByLabel('Auto-rotate on expiration').uncheck()
    await see(card, 'Keys keep their IP until you rotate them.')
    await card.getByLabel('Timed auto-rotation').check()
    await card.getByLabel('Interval (minutes, at least 2)').fill('1')
    await see(card, 'Enter whole minutes from 2 to 10080.')
    expect(await card.getByRole('button', { name: 'Save Settings' }).isDisabled()).toBe(true)
    await card.getByLabel('Interval (minutes, at least 2)').fill('3')
    await see(card, 'Every key gets a new IP every 3 minutes, or')

    await card.getByRole('button', { name: 'Save Settings' }).click()
    await see(page, 'The settings were saved.')
    await page.getByRole('link', { name: 'Keys' }).click()
    await rowOf(page, 'a').waitFor()
    const { next_rotation_at } = await world.get(1)
    await clock.advance(Date.parse(next_rotation_at ?? '') - clock.now() + 1_000)

    await see(rowOf(page, 'a'), `was ${before}`)
    expect((await world.logs()).find(({ action }) => action === 'rotate')).toMatchObject({ reason: 'interval' })
  })

  it('show in the settings what another admin saves meanwhile, and do not undo it', async () => {
    await signIn(page, world, '/settings')
    await page.getByLabel('Hold time (seconds)').fill('20')

    await world.call('PUT', '/api/settings', { drain_seconds: 33, auto_rotate_interval_minutes: 45 })

    await eventually(() => page.getByLabel('Drain time (seconds)').inputValue(), '33')
    await page.getByRole('button', { name: 'Save connection settings' }).click()
    await see(page, 'The settings were saved.')
    const { body } = await world.call<Record<string, unknown>>('GET', '/api/settings')
    expect(body).toMatchObject({ hold_seconds: 20, drain_seconds: 33, auto_rotate_interval_minutes: 45 })
  })

  it('refuses blanks and words where a number is wanted, and says so', async () => {
    await signIn(page, world, '/settings')
    const field = page.getByLabel('Drain time (seconds)')

    for (const text of ['   ', '0x10', 'soon']) {
      await field.fill(text)
      await page.getByRole('button', { name: 'Save connection settings' }).click()
      await see(page, 'must be a whole number of seconds up to 86400, or never')
    }

    await field.fill('Never')
    await page.getByRole('button', { name: 'Save connection settings' }).click()
    await see(page, 'The settings were saved.')
    expect((await world.call<Record<string, unknown>>('GET', '/api/settings')).body['drain_seconds']).toBe('never')
  })

  it('hide the token again when another key is looked at', async () => {
    await world.addKey('a')
    await world.addKey('b')
    const second = await world.connection(2)
    await signIn(page, world, '/keys/1?tab=access')
    await page.getByRole('dialog', { name: 'a' }).getByRole('button', { name: 'Show', exact: true }).click()
    await see(page, (await world.connection(1)).password)

    await page.getByRole('checkbox', { name: 'Select a', exact: true }).check()
    await rowOf(page, 'b').getByRole('button', { name: 'b', exact: true }).click()

    await page.getByRole('dialog', { name: 'b' }).getByRole('button', { name: 'Show', exact: true }).waitFor()
    expect(await page.getByText(second.password).count()).toBe(0)
    expect(await page.getByRole('checkbox', { name: 'Select a', exact: true }).isChecked()).toBe(true)
  })

  it('speak Vietnamese and keep that, and the dark theme', async () => {
    await world.addKey('a')
    await signIn(page, world)
    await page.getByRole('button', { name: 'Tiếng Việt' }).click()
    await page.getByRole('button', { name: 'Thêm key' }).waitFor()
    await see(rowOf(page, 'a'), 'Đang hoạt động')
    await page.getByRole('button', { name: 'Màu' }).click()
    await page.getByRole('menuitemradio', { name: 'Tối' }).click()
    const isDark = () => page.evaluate(() => document.documentElement.classList.contains('dark'))
    expect(await isDark()).toBe(true)

    await page.reload()

    await page.getByRole('button', { name: 'Thêm key' }).waitFor()
    expect(await isDark()).toBe(true)
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('vi')
  })

  it('keep no secret in storage or the URL', async () => {
    await world.addKey('a')
    const { password } = await world.connection(1)
    await signIn(page, world, '/keys/1?tab=connect')
    await page.getByRole('button', { name: 'Show the token' }).click()
    await see(page, password)

    const kept = await page.evaluate(() =>
      JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie]),
    )

    expect(kept).not.toContain(password)
    expect(kept).not.toContain('session_id')
    expect(page.url()).not.toContain(password)
  })

  it('can be looked at and rotated on a phone', async () => {
    await beginAnew({}, { viewport: { width: 390, height: 844 }, hasTouch: true })
    await world.addKey('a')
    await world.addKey('x'.repeat(100))
    const before = (await world.get(1)).remote_ip ?? ''
    await signIn(page, world)
    const card = page.getByRole('listitem').filter({ hasText: 'proxy1.' })
    await see(card, before)

    await card.getByRole('button', { name: 'Rotate IP of a' }).tap()

    await see(card, `was ${before}`)
    await card.getByRole('button', { name: 'a', exact: true }).tap()
    await see(page.getByRole('dialog', { name: 'a' }), 'Public endpoint')
    const isTooWide = () => page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)
    expect(await isTooWide()).toBe(false)
    for (const path of ['/activity', '/settings']) {
      await page.goto(`${world.url}${path}`)
      await page.getByRole('heading', { level: 1 }).waitFor()
      expect(await isTooWide(), path).toBe(false)
    }
  })

  it('can be used by keyboard alone', async () => {
    await world.addKey('alpha')
    await world.addKey('beta')
    const before = (await world.get(2)).remote_ip ?? ''
    await signIn(page, world)
    await rowOf(page, 'beta').waitFor()

    await page.keyboard.press('/')
    await page.keyboard.type('beta')
    await rowOf(page, 'alpha').waitFor({ state: 'detached' })
    await rowOf(page, 'beta').focus()
    await page.keyboard.press('r')
    await see(rowOf(page, 'beta'), `was ${before}`)
    await page.keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'beta' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name: 'beta' }).waitFor({ state: 'detached' })
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-key-id'))).toBe('2')
    await page.keyboard.press('n')
    await page.getByRole('dialog', { name: 'Add key' }).waitFor()
    expect(await page.evaluate(() => document.activeElement?.getAttribute('placeholder'))).toMatch(/^K6fa/)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name: 'Add key' }).waitFor({ state: 'detached' })
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.type('settings')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Auto-Rotation Settings' }).waitFor()
  })
})
