// Finds a Chromium for the tests, or installs one: Playwright's own, else the distribution's. Prints nothing when there is
// one. CHROMIUM_BIN names another.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { chromium } from 'playwright'

import { findOnPath } from './programs.mjs'

const programs = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge']
const installSeconds = 300

/** findBrowser is the path of an installed Chromium, or undefined. */
export function findBrowser() {
  const wanted = process.env.CHROMIUM_BIN
  if (wanted) return wanted
  return programs.map(findOnPath).find(Boolean) ?? [chromium.executablePath()].find(existsSync)
}

function run(command, ...args) {
  const env = { ...process.env, PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '10000' }
  return spawnSync(command, args, { stdio: 'inherit', timeout: installSeconds * 1000, env }).status === 0
}

function install() {
  console.log('Installing a Chromium for the browser tests (first run) ...')
  const playwright = fileURLToPath(new URL('../../node_modules/playwright/cli.js', import.meta.url))
  const isRoot = process.getuid?.() === 0
  const withDependencies = isRoot ? ['--with-deps'] : []
  if (run(process.execPath, playwright, 'install', 'chromium', ...withDependencies) && findBrowser()) return
  const apt = (...args) => (isRoot ? run('apt-get', ...args) : run('sudo', '-n', 'apt-get', ...args))
  if (findOnPath('apt-get') && apt('update', '-q') && apt('install', '-y', '-q', '--no-install-recommends', 'chromium'))
    return
  console.error(
    'No Chromium was found and none could be installed. Install one (for example: apt-get install chromium) or set CHROMIUM_BIN.',
  )
  process.exit(1)
}

if (process.argv[1] === fileURLToPath(import.meta.url) && !findBrowser()) install()
