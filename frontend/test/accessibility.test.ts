import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { providerKey, World } from '../../backend/test/support/world.ts'
import { openBrowser, openPage, signIn } from './support/dashboard.ts'

const axeSource = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

interface Axe {
  axe: { run: (context: Document, options: object) => Promise<AxeResults> }
}

/** What axe finds wrong by WCAG 2.2 AA and its best practices, one line each. */
async function findViolations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource)
  const { violations } = await page.evaluate(() =>
    (window as unknown as Axe).axe.run(document, { resultTypes: ['violations'] }),
  )
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(' ')}`)
}

describe.each(['light', 'dark'] as const)('in the %s theme', (colorScheme) => {
  let browser: Browser
  let world: World
  let page: Page

  beforeAll(async () => {
    browser = await openBrowser()
    world = await World.create()
    await world.addKey('Shop A', { region: 'nam' })
    await world.addKey('Shop B')
    await world.call('PUT', '/api/proxies/2', { is_active: false })
    await world.call('POST', '/api/proxies/1/rotate')
    world.simulator.addKey(providerKey('third'))
    page = await openPage(browser, { colorScheme, reducedMotion: 'reduce' })
    await signIn(page, world)
  }, 60_000)

  afterAll(async () => {
    await browser.close()
    await world.stop()
  })

  it.each([
    ['keys', '/', 'heading', '2 keys'],
    ['details', '/keys/1', 'dialog', 'Shop A'],
    ['connect', '/keys/1?tab=connect', 'button', 'Test the endpoint'],
    ['access', '/keys/1?tab=access', 'button', 'Allow'],
    ['plots', '/keys/1?tab=plots', 'button', 'Week'],
    ['log of a key', '/keys/1?tab=log', 'tab', 'Log'],
    ['activity', '/activity', 'heading', 'Activity'],
    ['settings', '/settings', 'heading', 'Auto-Rotation Settings'],
    ['an unknown page', '/keys/99', 'dialog', 'This key is not there'],
  ] as const)('%s has no violation', async (_, path, role, name) => {
    await page.goto(`${world.url}${path}`)
    await page.getByRole(role, { name, exact: true }).waitFor()

    expect(await findViolations(page)).toEqual([])
  })

  it.each([
    ['adding', 'Add key', 'Add key'],
    ['importing', 'Import', 'Import keys'],
    ['a key’s settings', 'Settings of Shop A', 'Settings of Shop A'],
    ['deleting', 'Delete Shop A', 'Delete Shop A?'],
    ['the palette', 'Commands (Ctrl K)', 'Commands (Ctrl K)'],
  ])('the dialog for %s has no violation', async (_, button, dialog) => {
    await page.goto(world.url)
    await page.getByRole('button', { name: button, exact: true }).click()
    await page.getByRole('dialog', { name: dialog }).waitFor()

    expect(await findViolations(page)).toEqual([])
  })

  it('the selection, a phone and the login have no violation', async () => {
    await page.goto(world.url)
    await page.getByRole('checkbox', { name: 'Select all' }).check()
    await page.getByRole('toolbar').waitFor()
    expect(await findViolations(page)).toEqual([])

    await page.setViewportSize({ width: 390, height: 844 })
    await page.goto(world.url)
    await page.getByRole('listitem').first().waitFor()
    expect(await findViolations(page)).toEqual([])

    await page.context().clearCookies()
    await page.goto(world.url)
    await page.getByLabel('Password').waitFor()
    expect(await findViolations(page)).toEqual([])
  })
})
