import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright'
import { expect } from 'vitest'

import { launchChromium } from '../../../backend/test/support/chromium.ts'
import { adminPassword, type World } from '../../../backend/test/support/world.ts'

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
