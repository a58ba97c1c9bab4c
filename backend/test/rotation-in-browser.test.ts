import type { Browser, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { Exit } from '../simulator/exit.ts'
import { Network } from '../simulator/network.ts'
import { createTestCertificate, type TestCertificate } from './support/certificates.ts'
import { launchChromium } from './support/chromium.ts'
import { leaseAt, startPlane, type Plane } from './support/data-plane.ts'
import { startPageOrigin, type PageOrigin, type PageWork } from './support/page-origin.ts'
import { until } from './support/until.ts'

declare global {
  var work: PageWork
}

const drainMs = 5_000

let certificate: TestCertificate
let browser: Browser

beforeAll(async () => {
  certificate = await createTestCertificate('page.test')
  browser = await launchChromium([certificate.spki])
}, 60_000)

afterAll(() => browser.close())

describe.each(['h1', 'h2'] as const)('a page over TLS and %s', (version) => {
  const network = new Network()
  let origin: PageOrigin
  let plane: Plane
  let page: Page
  let exits: Exit[]

  beforeEach(async () => {
    origin = await startPageOrigin(network, certificate, version)
    network.originPort = origin.port
    exits = []
    plane = await startPlane(null, {
      route: { limits: { holdMs: 5_000, drainMs, idleDrainMs: 300, tunnelIdleMs: 600_000 } },
    })
    await rotate()
    const proxy = { server: `http://127.0.0.1:${plane.port}`, username: 'proxy1', password: 'token' }
    const context = await browser.newContext({ proxy })
    page = await context.newPage()
    await page.goto('https://page.test/')
  })

  afterEach(async () => {
    await page.context().close()
    await plane.stop()
    for (const exit of exits) exit.kill()
    await origin.stop()
  })

  /** The old exit lives on, as real ones do. Returns the address of the new one. */
  async function rotate(): Promise<string> {
    const exit = new Exit(`127.50.${version === 'h1' ? 1 : 2}.${exits.length + 1}`, network, () => true)
    exits.push(exit)
    await exit.start()
    plane.update({ upstream: leaseAt(exit.bound, exit.httpPort) })
    return exit.address
  }

  const present = () => exits.at(-1)?.address ?? ''
  const seen = () => page.evaluate(() => globalThis.work.seen)
  const drained = async () => (await plane.drained()).tunnels

  async function afterNext(count: number): Promise<string[]> {
    const before = (await seen()).length
    return await until('more answers', async () => {
      const all = await seen()
      return all.length >= before + count ? all : null
    })
  }

  it('that asks every second shows the new exit at its next request', async () => {
    await page.evaluate(() => globalThis.work.every(1_000))
    await afterNext(2)
    const before = (await seen()).length

    const exit = await rotate()

    const answers = await afterNext(3)
    expect(answers.slice(before)).toEqual([exit, exit, exit])
    expect(answers.slice(0, before)).not.toContain(exit)
  })

  it('that asks every 100 ms shows it within the drain time, and no request fails', async () => {
    await page.evaluate(() => globalThis.work.every(100))
    await afterNext(5)

    const exit = await rotate()

    await until('the new exit', async () => (await seen()).includes(exit), drainMs + 5_000)
    const answers = await afterNext(10)
    expect(answers.filter((answer) => answer.startsWith('failed'))).toEqual([])
    expect(answers.slice(answers.indexOf(exit)).filter((answer) => answer !== exit)).toEqual([])
    expect(await drained()).toMatchObject({ cut: 0 })
  })

  it('finishes what it waits for: a long poll, a slow download, an upload', async () => {
    const before = present()
    const work = page.evaluate(() =>
      Promise.all([
        globalThis.work.ask('/late/3500'),
        globalThis.work.ask('/drip/15/200'),
        globalThis.work.ask('/upload', { method: 'POST', body: 'x'.repeat(8_000_000) }),
      ]),
    )
    const paths = ['/late/3500', '/drip/15/200', '/upload']
    await until('all to be asked', () => paths.every((path) => origin.asked.includes(path)))

    await rotate()

    const [late, drip, upload] = await work
    expect(late).toBe(before)
    expect(drip).toBe('.'.repeat(30_000) + before)
    expect(upload).toMatch(/^8000000 /)
    expect(origin.asked.filter((path) => paths.includes(path))).toHaveLength(3)
  })

  it('that listens to events hears them from the new exit: its browser comes back by itself', async () => {
    await page.evaluate(() => globalThis.work.listen('/events/1000'))
    await afterNext(2)

    const exit = await rotate()

    await until('an event', async () => (await seen()).includes(exit), drainMs + 10_000)
  })

  // HTTP/2 servers without extended CONNECT get WebSockets over HTTP/1.1.
  it.runIf(version === 'h1')(
    'that talks over a WebSocket does so through the new exit once it is reopened',
    async () => {
      await page.evaluate(() => globalThis.work.talk(700))
      await afterNext(2)

      const exit = await rotate()

      await until('an answer', async () => (await seen()).includes(exit), drainMs + 5_000)
      expect(await drained()).toMatchObject({ cut: 0 })
    },
  )
})
