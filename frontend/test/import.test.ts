import { readFileSync } from 'node:fs'

import type { Page } from 'playwright'
import { describe, expect, it } from 'vitest'

import { adminPassword, providerKey, type World } from '../../backend/test/support/world.ts'
import { rowOf, see, setUpDashboard, signIn } from './support/dashboard.ts'

describe('import and export in the dashboard', () => {
  let world: World
  let page: Page
  setUpDashboard((fresh) => ({ world, page } = fresh))

  const dialog = (name: string | RegExp) => page.getByRole('dialog', { name })
  const paste = async (text: string) => {
    await page.evaluate((copied) => navigator.clipboard.writeText(copied), text)
    await page.keyboard.press('Control+V')
  }

  it('turns several keys in the add dialog into an import, and a name with its key into both fields', async () => {
    const [one, two] = [providerKey('one'), providerKey('two')]
    await signIn(page, world)
    await page.keyboard.press('n')
    await dialog('Add key').getByLabel('KiotProxy key').focus()

    await paste(`Shop A|${one}`)
    expect(await dialog('Add key').getByLabel('KiotProxy key').inputValue()).toBe(one)
    expect(await dialog('Add key').getByLabel('Name').inputValue()).toBe('Shop A')
    await dialog('Add key').getByLabel('KiotProxy key').fill(`${one} ${two}`)

    await see(dialog('Import keys'), '2 can be added, 0 can’t, 0 skipped.')
    expect(await page.getByRole('textbox', { name: 'Keys' }).inputValue()).toContain(two)
    await dialog('Import keys').getByRole('button', { name: 'Cancel' }).click()
    await page.keyboard.press('n')
    await dialog('Add key').getByLabel('KiotProxy key').focus()
    await paste(`a,${one}\nb,${two}`)
    await see(dialog('Import keys'), '2 can be added, 0 can’t, 0 skipped.')
  })

  it('takes no key for a name', async () => {
    await signIn(page, world)
    await page.keyboard.press('n')

    await dialog('Add key').getByLabel('Name').fill(providerKey('one'))

    await see(dialog('Add key'), /^This looks like a key/)
  })

  it('shows the lines as a table, what is wrong first, and no key whole', async () => {
    await signIn(page, world)
    await page.getByRole('button', { name: 'Import' }).click()

    const text = `Tên;Key;Khu vực\nShop A;${providerKey('a')};Hà Nội\nShop B;${providerKey('b')};west`
    await page.getByRole('textbox', { name: 'Keys' }).fill(text)

    const rows = dialog('Import keys').getByRole('row')
    await expect.poll(() => rows.count()).toBe(4)
    expect(await rows.nth(1).innerText()).toMatch(/3\s+Shop B[\s\S]*The region must be/)
    expect(await rows.nth(2).innerText()).toMatch(
      /Shop A[\s\S]*K6100000\.\.\.000000[\s\S]*North[\s\S]*proxy1\.localhost:\d+/,
    )
    expect(await dialog('Import keys').getByRole('table').innerText()).not.toContain(providerKey('a'))
  })

  it('copies the endpoints that were added, and goes back to the lines that were not', async () => {
    for (const name of ['a', 'b']) world.simulator.addKey(providerKey(name))
    await signIn(page, world)
    await page.getByRole('button', { name: 'Import' }).click()
    const head = 'Region,Key,Name'
    const bad = `bac,${providerKey('nobody')},Nam`
    const text = [head, `nam,${providerKey('a')},Vinh`, bad, `bac,${providerKey('b')},B`].join('\n')
    await page.getByRole('textbox', { name: 'Keys' }).fill(text)
    await dialog('Import keys').getByRole('button', { name: 'Add 3 keys' }).click()
    await see(dialog('Import keys'), '3 of 3 done. 1 failed.')

    await dialog('Import keys').getByRole('button', { name: 'Copy the 2 endpoints' }).click()

    const copied = () => page.evaluate(() => navigator.clipboard.readText())
    await expect.poll(async () => (await copied()).split('\n').length).toBe(2)
    await dialog('Import keys').getByRole('button', { name: 'Back to the line that was not added' }).click()
    expect(await page.getByRole('textbox', { name: 'Keys' }).inputValue()).toBe(`${head}\n${bad}`)
    expect((await world.list()).map(({ key_name, region }) => `${key_name} ${region}`).toSorted()).toEqual([
      'B bac',
      'Vinh nam',
    ])
  })

  it('exports whole keys for the password alone, and imports them again', async () => {
    await world.addKey('a', { key_name: 'Shop, A' })
    await signIn(page, world)
    await page.getByRole('button', { name: 'Export' }).click()
    const open = dialog('Export keys')
    await open.getByRole('checkbox', { name: 'With whole provider keys' }).check()
    await open.getByLabel('Your password').fill('a wrong password')
    await page.keyboard.press('Enter')
    await see(open, 'The password is wrong.')
    await open.getByLabel('Your password').fill(adminPassword)
    const saved = page.waitForEvent('download')
    await open.getByRole('button', { name: 'Save file' }).click()
    const path = await (await saved).path()
    expect(readFileSync(path, 'utf8')).toContain(providerKey('a'))
    await world.call('DELETE', '/api/proxies/1')

    await page.getByRole('button', { name: 'Import' }).click()
    await page.locator('input[type=file]').setInputFiles(path)
    await dialog('Import keys').getByRole('button', { name: 'Add 1 key' }).click()
    await dialog('Import keys').getByRole('button', { name: 'Done' }).click()

    await rowOf(page, 'Shop, A').waitFor()
  })
})
