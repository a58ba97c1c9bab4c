import type { Page } from 'playwright'
import { describe, expect, it } from 'vitest'

import { providerKey, type World } from '../../backend/test/support/world.ts'
import { eventually, rowOf, setUpDashboard, signIn } from './support/dashboard.ts'

describe('the table of keys', () => {
  let world: World
  let page: Page
  setUpDashboard((fresh) => ({ world, page } = fresh))

  it('copies an endpoint in each form, and remembers the last', async () => {
    await world.addKey('a')
    const connection = await world.connection(1)
    const { host, port, username, password } = connection
    await signIn(page, world)
    const copyAs = async (form: string) => {
      await page.evaluate(() => navigator.clipboard.writeText(''))
      await page.getByRole('button', { name: /^Ways to copy/ }).click()
      await page.getByRole('menuitem', { name: form, exact: true }).click()
      await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).not.toBe('')
      return await page.evaluate(() => navigator.clipboard.readText())
    }

    expect(await copyAs('host:port')).toBe(`${host}:${port}`)
    expect(await copyAs('host:port:user:pass')).toBe(`${host}:${port}:${username}:${password}`)
    expect(await copyAs('user:pass@host:port')).toBe(`${username}:${password}@${host}:${port}`)
    expect(await copyAs('http:// URL')).toBe(connection.http_url)
    expect(await copyAs('socks5h:// URL')).toBe(connection.socks5_url)
    expect(await copyAs('curl')).toContain(`curl -x ${connection.http_url}`)
    await page.evaluate(() => navigator.clipboard.writeText(''))
    await page.getByRole('button', { name: /^Copy .* as curl$/ }).click()
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain('curl -x')
  })

  it('copies and exports those that were selected', async () => {
    for (const name of ['a', 'b']) await world.addKey(name)
    const [a, b] = [await world.connection(1), await world.connection(2)]
    await signIn(page, world)
    await page.getByRole('checkbox', { name: 'Select all' }).check()

    await page.getByRole('toolbar').getByRole('button', { name: 'Copy' }).click()
    await page.getByRole('menuitem', { name: 'http:// URL' }).click()
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(`${a.http_url}\n${b.http_url}`)

    const saved = page.waitForEvent('download')
    await page.getByRole('toolbar').getByRole('button', { name: 'Export' }).click()
    await page.getByRole('menuitem', { name: /CSV/ }).click()
    const chunks: Buffer[] = []
    for await (const chunk of await (await saved).createReadStream()) chunks.push(chunk as Buffer)
    const lines = Buffer.concat(chunks).toString('utf8').trim().split('\r\n')
    expect(lines).toHaveLength(3)
    expect(lines[1]).toContain(a.password)
  })

  it('keeps the focus on a row that scrolls out of sight, among hundreds', async () => {
    const names = Array.from({ length: 150 }, (_, index) => `row ${index + 1}`)
    for (const name of names) world.simulator.addKey(providerKey(name))
    const text = names.map((name) => `${name},${providerKey(name)}`).join('\n')
    await world.call('POST', '/api/proxies/import', { text })
    await signIn(page, world)
    const drawn = () => page.getByRole('row').count()
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
    await rowOf(page, 'row 3').focus()

    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight))

    await rowOf(page, 'row 150').waitFor()
    expect(await focused()).toBe('row 3, Active')
    expect(await drawn()).toBeLessThan(60)
    await page.keyboard.press('ArrowDown')
    await expect.poll(focused).toBe('row 4, Active')
  })

  it('searches, filters and sorts, and keeps that in the URL', async () => {
    await world.addKey('Bình', { region: 'nam' })
    await world.addKey('An', { region: 'bac' })
    await world.call('PUT', '/api/proxies/2', { is_active: false })
    await signIn(page, world)
    const names = async () =>
      (
        await page
          .getByRole('row')
          .filter({ has: page.getByRole('cell') })
          .all()
      ).length

    await page.getByRole('searchbox', { name: 'Search keys' }).fill('binh')
    await eventually(names, 1)
    await rowOf(page, 'Bình').waitFor()
    await page.getByRole('searchbox', { name: 'Search keys' }).fill('')
    await page.getByLabel('Status').selectOption('Paused')
    await rowOf(page, 'Bình').waitFor({ state: 'detached' })
    await rowOf(page, 'An').waitFor()
    await page.reload()
    await rowOf(page, 'An').waitFor()
    await eventually(names, 1)
    await page.getByLabel('Status').selectOption('Any status')
    await page.getByRole('button', { name: 'Key', exact: true }).click()
    await eventually(
      async () => (await page.getByRole('row', { name: /,/ }).first().getAttribute('aria-label'))?.split(',')[0],
      'An',
    )
  })
})
