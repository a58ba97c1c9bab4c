// Takes a picture of every page, in both themes, on a phone and in Vietnamese, into docs/screenshots. Everything in them is real:
// a Stillpoint with a simulated provider, some keys in trouble, some traffic.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { Browser, BrowserContextOptions, Page } from 'playwright'

import { openHistoryDatabase } from '../../backend/src/history/database.ts'
import { Measurements, type Traffic } from '../../backend/src/history/measurements.ts'
import { SqliteHistory } from '../../backend/src/history/sqlite-history.ts'
import { silentLog } from '../../backend/src/lib/log.ts'
import { launchChromium } from '../../backend/test/support/chromium.ts'
import { getThrough } from '../../backend/test/support/proxy-client.ts'
import { until } from '../../backend/test/support/until.ts'
import { adminPassword, providerKey, World } from '../../backend/test/support/world.ts'

const folder = fileURLToPath(new URL('../../docs/screenshots', import.meta.url))
const names = ['Shop A', 'Shop B', 'Warehouse', 'Ads Hà Nội', 'Ads Sài Gòn', 'Crawler 1', 'Crawler 2', 'Crawler 3']
const moreNames = ['QA phone', 'QA desktop', 'Huế office', 'Price watch', 'Tickets', 'Reviews', 'Spare']
const regions = ['nam', 'bac', 'random', 'bac', 'nam', 'trung'] as const
const dayMinutes = 24 * 60
const minuteMs = 60_000

interface Shot {
  name: string
  path: string
  /** What is done on the page first. */
  act?: (page: Page) => Promise<void>
}

const pages: Shot[] = [
  { name: 'keys', path: '/' },
  ...['overview', 'connect', 'access', 'plots', 'log'].map((tab) => ({ name: tab, path: `/keys/1?tab=${tab}` })),
  { name: 'activity', path: '/activity' },
  { name: 'settings', path: '/settings' },
]

const dialogs: Shot[] = [
  { name: 'add', path: '/', act: (page) => page.keyboard.press('n') },
  {
    name: 'import',
    path: '/',
    async act(page) {
      await page.getByRole('button', { name: 'Import' }).click()
      const lines = [
        `Shop C,${providerKey('shop c')},nam`,
        providerKey('one more'),
        `Twice,${providerKey('Shop A')}`,
        'x,y,z,!',
      ]
      await page.getByRole('textbox', { name: 'Keys' }).fill(lines.join('\n'))
      await page.getByText('can be added').first().waitFor()
    },
  },
  { name: 'key-settings', path: '/', act: (page) => page.getByRole('button', { name: 'Settings of Shop A' }).click() },
  { name: 'selection', path: '/', act: (page) => page.getByRole('checkbox', { name: 'Select all' }).check() },
  { name: 'palette', path: '/', act: (page) => page.keyboard.press('Control+k') },
]

const looks: { name: string; options: BrowserContextOptions; language: string; shots: Shot[] }[] = [
  { name: 'light', options: {}, language: 'en', shots: [...pages, ...dialogs] },
  { name: 'dark', options: { colorScheme: 'dark' }, language: 'en', shots: pages },
  { name: 'phone', options: { viewport: { width: 390, height: 844 } }, language: 'en', shots: pages },
  { name: 'vi', options: {}, language: 'vi', shots: pages },
]

async function prepare(): Promise<World> {
  const world = await World.create({
    environment: { DOMAIN: 'proxy.example.com', HEALTH_CHECK_INTERVAL: '5' },
    simulator: { plan: { cooldownSeconds: 60, ttlSeconds: 1_500 } },
  })
  const all = [...names, ...moreNames]
  for (const [index, name] of all.entries()) {
    await world.addKey(name, { region: regions[index % regions.length] ?? 'random' })
  }
  await world.app.stop()
  await pretendDay(world)
  await world.restart()
  await world.call('PUT', '/api/proxies/15', { is_active: false })
  await world.call('PUT', '/api/settings', { rotate_on_failure: false })
  world.simulator.getLease(providerKey('Crawler 2')).exit.kill()
  await world.call('POST', '/api/proxies/1/addresses', { address: '203.0.113.7', for: '7d' })
  await until('the dead exit to be noticed', async () => (await world.get(7)).status === 'unreachable', 30_000)
  return world
}

/** A day of checks and traffic of the first key, as they would have been written down. */
async function pretendDay({ config }: World): Promise<void> {
  const database = openHistoryDatabase(config.DATA_DIR, silentLog)
  const end = Date.now()
  let now = end - dayMinutes * minuteMs
  const traffic: Traffic[] = [{ id: 1, requests: 0, bytes_in: 0, bytes_out: 0 }]
  const clock = {
    now: () => now,
    monotonic: () => now,
    suspended: () => 0,
    after: () => () => {},
    everySecond: () => () => {},
  }
  const history = new SqliteHistory({ database, clock, log: silentLog })
  const measurements = new Measurements({ history, clock, log: silentLog, traffic: () => traffic })
  for (let minute = 0; minute < dayMinutes; minute++) {
    const wave = 1 + Math.sin(minute / 190) / 2 + Math.sin(minute / 23) / 6
    const latency_ms = minute % 311 === 0 ? null : Math.round(210 * wave + 40 * Math.random())
    measurements.noteCheck(1, { lease_id: 'former', at: new Date(now).toISOString(), latency_ms })
    const [last] = traffic
    const load = Math.max(0, Math.round(60 * wave * (Math.random() + 0.4)))
    if (last) {
      const { id, requests, bytes_in, bytes_out } = last
      traffic[0] = {
        id,
        requests: requests + load,
        bytes_in: bytes_in + load * 2_100,
        bytes_out: bytes_out + load * 71_000,
      }
    }
    now += minuteMs
    await measurements.tick()
  }
  await history.close()
}

/** Some requests all the time, so that there is something to count. */
function keepBusy(world: World): () => void {
  const over = new AbortController()
  const lane = async (id: number) => {
    const connection = { ...(await world.connection(id)), host: '127.0.0.1' }
    while (!over.signal.aborted) {
      await getThrough(connection, world.simulator.originUrl).catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, 400))
    }
  }
  for (const id of [1, 2, 3, 5, 8]) void lane(id)
  return () => over.abort()
}

async function take(browser: Browser, world: World, look: (typeof looks)[number]): Promise<void> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    reducedMotion: 'reduce',
    ...look.options,
  })
  const page = await context.newPage()
  await page.addInitScript(`localStorage.setItem('language', '${look.language}')`)
  const picture = (name: string) => page.screenshot({ path: join(folder, `${name}-${look.name}.png`) })
  await page.goto(world.url)
  await page.locator('input[type=password]').waitFor()
  await picture('login')
  await page.locator('input[type=password]').fill(adminPassword)
  await page.keyboard.press('Enter')
  await page.getByRole('navigation').waitFor()
  for (const { name, path, act } of look.shots) {
    await page.goto(`${world.url}${path}`)
    await page.getByRole('heading').first().waitFor()
    // Rates need two readings.
    await page.waitForTimeout(name === 'keys' ? 4_500 : 1_200)
    await act?.(page)
    await page.waitForTimeout(400)
    await picture(name)
  }
  await context.close()
}

mkdirSync(folder, { recursive: true })
const world = await prepare()
const rest = keepBusy(world)
const browser = await launchChromium([])
await world.call('POST', '/api/proxies/2/rotate')
for (const look of looks) await take(browser, world, look)
await browser.close()
rest()
await world.stop()
console.log(`The pictures are in ${folder}.`)
process.exit()
