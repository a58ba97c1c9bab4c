import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'

import { launchChromium } from '../../../backend/test/support/chromium.ts'
import { adminPassword, World, type WorldOptions } from '../../../backend/test/support/world.ts'

const waitMs = 20_000

/** openBrowser starts the browser of a test file. */
export const openBrowser = (): Promise<Browser> => launchChromium([])

/** openPage opens a page of the dashboard in a context of its own; what its console complains of fails the test. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    permissions: ['clipboard-read', 'clipboard-write'],
    ...options,
  })
  context.setDefaultTimeout(waitMs)
  return await context.newPage()
}

/** signIn opens a path and signs in there. */
export async function signIn(page: Page, world: World, path = '/', password = adminPassword): Promise<void> {
  await page.goto(`${world.url}${path}`)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
}

/** rowOf is the row of a key in the table. */
export function rowOf(page: Page, name: string): Locator {
  return page.getByRole('row', { name: new RegExp(`^${name},`) })
}

/** see waits for a text to show. */
export async function see(scope: Page | Locator, text: string | RegExp): Promise<void> {
  await scope.getByText(text).first().waitFor()
}

/** eventually waits until a value is as expected. */
export async function eventually<T>(read: () => Promise<T>, expected: T): Promise<void> {
  await expect.poll(read, { timeout: waitMs }).toEqual(expected)
}

/** Dashboard is what a test works with. */
export interface Dashboard {
  browser: Browser
  world: World
  page: Page
}

/**
 * setUpDashboard gives each test around it a World and a page of its own, in one browser for all, and `take` gets them. A test
 * that needs others calls the function that it returns.
 */
export function setUpDashboard(
  take: (fresh: Dashboard) => void,
  optionsOf: () => WorldOptions | Promise<WorldOptions> = () => ({}),
): (options: WorldOptions, pageOptions?: BrowserContextOptions) => Promise<void> {
  let browser: Browser
  let present: Dashboard
  const begin = async (options: WorldOptions, pageOptions: BrowserContextOptions = {}) => {
    present = { browser, world: await World.create(options), page: await openPage(browser, pageOptions) }
    take(present)
  }
  const end = async () => {
    await present.page.context().close()
    await present.world.stop()
  }
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())
  beforeEach(async () => begin(await optionsOf()))
  afterEach(end)
  return async (options, pageOptions) => {
    await end()
    await begin(options, pageOptions)
  }
}
