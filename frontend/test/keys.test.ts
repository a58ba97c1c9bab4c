import type { Page } from 'playwright'
import { describe, expect, it } from 'vitest'

import { providerKey, type World } from '../../backend/test/support/world.ts'
import { rowOf, see, setUpDashboard, signIn } from './support/dashboard.ts'

describe('the keys page', () => {
  let world: World
  let page: Page
  const beginAnew = setUpDashboard((fresh) => ({ world, page } = fresh))

  const dialog = (name: string | RegExp) => page.getByRole('dialog', { name })
  const exitOf = async (id: number) => (await world.get(id)).remote_ip ?? ''

  it('says what to do where there is no key, adds one and shows its endpoint', async () => {
    world.simulator.addKey(providerKey('first'))
    await signIn(page, world)
    await see(page, 'No key yet')

    await page.getByRole('button', { name: 'Add key' }).click()
    const key = providerKey('first')
    await dialog('Add key')
      .getByLabel('KiotProxy key')
      .fill(` ${key.slice(0, 10)} ${key.slice(10)}\n`)
    await dialog('Add key').getByLabel('Name').fill('Shop A')
    await dialog('Add key').getByLabel('Region').selectOption('South')
    await dialog('Add key').getByRole('button', { name: 'Add key' }).click()

    const added = dialog('Shop A is added')
    await see(added, 'proxy1.localhost')
    await added.getByRole('button', { name: 'Test the endpoint' }).click()
    await see(added.getByRole('status'), await exitOf(1))
    await added.getByRole('button', { name: 'Done' }).click()
    await rowOf(page, 'Shop A').waitFor()
    await expect.poll(() => page.getByText('the port is closed').count()).toBe(0)
    expect(await world.get(1)).toMatchObject({ key_name: 'Shop A', region: 'nam' })
  })

  it('tells as one types that a text can be no key', async () => {
    await signIn(page, world)
    await page.getByRole('button', { name: 'Add key' }).click()

    await page.getByLabel('KiotProxy key').fill('K!')

    await see(page, 'A key has 8 to 128 letters and digits.')
    expect(await dialog('Add key').getByRole('button', { name: 'Add key' }).isDisabled()).toBe(true)
  })

  it('says what the provider says of a key that it refuses, and keeps what was typed', async () => {
    await signIn(page, world)
    await page.getByRole('button', { name: 'Add key' }).click()
    await page.getByLabel('KiotProxy key').fill(providerKey('unknown'))

    await dialog('Add key').getByRole('button', { name: 'Add key' }).click()

    await see(dialog('Add key').getByRole('alert'), /refuse|KiotProxy/i)
    expect(await page.getByLabel('KiotProxy key').inputValue()).toBe(providerKey('unknown'))
  })

  it('imports fifty lines of which three are bad, and tells of each', async () => {
    const names = Array.from({ length: 47 }, (_, index) => `import ${index}`)
    for (const name of names) world.simulator.addKey(providerKey(name))
    const lines = names.map((name) => `${name},${providerKey(name)}`)
    lines.splice(5, 0, 'broken,!')
    lines.splice(20, 0, `twice,${providerKey('import 0')}`)
    lines.splice(40, 0, 'a,b,c,d')
    await signIn(page, world)
    await page.getByRole('button', { name: 'Import' }).click()

    await page.getByRole('textbox', { name: 'Keys' }).fill(lines.join('\n'))

    await see(dialog('Import keys'), '47 can be added, 3 can’t, 0 skipped.')
    await see(dialog('Import keys'), 'Line 1 has this provider key already.')
    // What was pasted is not lost by a slip.
    await page.keyboard.press('Escape')
    await dialog('Import keys').getByRole('button', { name: 'Add 47 keys' }).click()
    await see(dialog('Import keys'), '50 of 50 done. 3 failed.')
    expect(await dialog('Import keys').getByRole('listitem').count()).toBe(50)
    await dialog('Import keys').getByRole('button', { name: 'Done' }).click()
    await page.getByRole('heading', { name: '47 keys' }).waitFor()
    expect(await world.list()).toHaveLength(47)
  })

  it('rotates a key: the row shows the new IP by itself, and the one before', async () => {
    await world.addKey('a')
    const before = await exitOf(1)
    await signIn(page, world)

    await rowOf(page, 'a').getByRole('button', { name: 'Rotate IP of a' }).click()

    await see(rowOf(page, 'a'), `was ${before}`)
    const after = await exitOf(1)
    expect(after).not.toBe(before)
    await see(rowOf(page, 'a'), after)
    await see(page, `a: ${before} → ${after}`)
  })

  it('counts the cooldown down on the button and rotates when it is over', async () => {
    await beginAnew({ simulator: { plan: { cooldownSeconds: 4 } } })
    await world.addKey('a')
    const before = await exitOf(1)
    await signIn(page, world)
    const button = rowOf(page, 'a').getByRole('button', { name: /cooldown: \d s/ })

    expect(await button.getAttribute('aria-disabled')).toBe('true')
    // Playwright itself would wait until it can be pressed.
    await button.dispatchEvent('click')

    await rowOf(page, 'a').getByRole('button', { name: 'Rotate IP of a' }).waitFor()
    expect(await exitOf(1)).toBe(before)
    await rowOf(page, 'a').getByRole('button', { name: 'Rotate IP of a' }).click()
    await see(rowOf(page, 'a'), `was ${before}`)
  })

  it('rotates many at once and tells what came of each', async () => {
    for (const name of ['a', 'b', 'c']) await world.addKey(name)
    world.simulator.setFault('out_of_stock', { key: providerKey('b'), verb: 'new' })
    await signIn(page, world)
    await page.getByRole('checkbox', { name: 'Select all' }).check()

    await page.getByRole('toolbar').getByRole('button', { name: 'Rotate' }).click()

    await see(dialog('Rotate 3 keys'), '3 of 3 done. 1 failed.')
    const outcomes = await dialog('Rotate 3 keys').getByRole('listitem').allInnerTexts()
    expect(outcomes[0]).toMatch(/^b\s.*free IP/s)
    expect(outcomes.slice(1).every((text) => text.includes(' → '))).toBe(true)
  })

  it('does a thing once, however often it is clicked', async () => {
    await world.addKey('a')
    await signIn(page, world)

    await rowOf(page, 'a').getByRole('button', { name: 'Rotate IP of a' }).dblclick()

    await see(rowOf(page, 'a'), /was /)
    const rotations = (await world.logs()).filter(({ action }) => action === 'rotate')
    expect(rotations).toHaveLength(1)
  })

  it('restarts a listener', async () => {
    await world.addKey('a')
    await signIn(page, world)

    await page.getByRole('button', { name: 'Restart the listener of a' }).click()

    await see(page, 'The listener of a was restarted.')
    expect((await world.logs())[0]).toMatchObject({ action: 'restart', proxy_id: 1 })
  })

  it('deletes a key after asking, by its name', async () => {
    await world.addKey('a')
    await world.addKey('b')
    await signIn(page, world)
    await page.getByRole('button', { name: 'Delete a', exact: true }).click()
    await dialog('Delete a?').getByRole('button', { name: 'Cancel' }).click()
    expect(await world.list()).toHaveLength(2)

    await page.getByRole('button', { name: 'Delete a', exact: true }).click()
    await dialog('Delete a?').getByRole('button', { name: 'Delete the key' }).click()

    await see(page, 'a was deleted.')
    await rowOf(page, 'b').waitFor()
    expect(await rowOf(page, 'a').count()).toBe(0)
    expect((await world.list()).map(({ key_name }) => key_name)).toEqual(['b'])
  })

  it('changes the settings of a key', async () => {
    await world.addKey('a')
    await signIn(page, world)
    await page.getByRole('button', { name: 'Settings of a' }).click()

    const settings = dialog('Settings of a')
    await settings.getByLabel('Name', { exact: true }).fill('Shop')
    await settings.getByLabel('Allowed addresses').fill('203.0.113.7\n198.51.100.0/24')
    // Nothing typed is lost by a slip.
    await page.keyboard.press('Escape')
    await settings.getByText('Differences from the settings for all keys').click()
    await settings.getByLabel('Drain time').fill('never')
    await settings.getByRole('button', { name: 'Save' }).click()

    await rowOf(page, 'Shop').waitFor()
    expect(await world.get(1)).toMatchObject({
      key_name: 'Shop',
      allowed_ips: ['203.0.113.7', '198.51.100.0/24'],
      overrides: { drain_seconds: 'never' },
    })
  })

  it('says at the field what is wrong with it', async () => {
    await world.addKey('a')
    await signIn(page, world)
    await page.getByRole('button', { name: 'Settings of a' }).click()
    await dialog('Settings of a').getByLabel('Allowed addresses').fill('nonsense')

    await dialog('Settings of a').getByRole('button', { name: 'Save' }).click()

    await see(dialog('Settings of a'), /must be an IP address or a network/)
    expect(await dialog('Settings of a').getByLabel('Allowed addresses').getAttribute('aria-invalid')).toBe('true')
  })
})
