import { chromium, type Browser, type LaunchOptions } from 'playwright'

import { findBrowser } from '../../scripts/browser.mjs'

/** launchChromium starts an installed Chromium that believes certificates with these public keys. */
export async function launchChromium(spkis: readonly string[], options: LaunchOptions = {}): Promise<Browser> {
  const executablePath = findBrowser()
  if (executablePath === undefined) throw new Error('no Chromium: run `npm test`, or node backend/scripts/browser.mjs')
  return await chromium.launch({
    executablePath,
    ...options,
    // As root, in a container, there is no sandbox to be had.
    args: ['--no-sandbox', `--ignore-certificate-errors-spki-list=${spkis.join(',')}`, ...(options.args ?? [])],
  })
}
