import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'

import { Network } from '../simulator/network.ts'
import type { Connection } from '../src/contract/index.ts'
import { createTestCertificate, type TestCertificate } from './support/certificates.ts'
import { launchChromium } from './support/chromium.ts'
import { openDoor, type Door } from './support/door.ts'
import { curlTunnel, plainClients, tunnelClients, type Authority, type HttpClient } from './support/http-clients.ts'
import { startPageOrigin, type PageOrigin } from './support/page-origin.ts'
import { askThrough, getThrough } from './support/proxy-client.ts'
import { World } from './support/world.ts'

/*
 * On the shared port every request says by its credentials which endpoint it is for. Clients keep their connections and use
 * them for whatever comes next, also for another endpoint: each request must be judged by what it says itself. The origin tells
 * which exit it came from.
 */

const plainUrl = 'http://ip.test/'

let folder: string
let certificate: TestCertificate
let authority: Authority
let secure: PageOrigin
let secureUrl: string

beforeAll(async () => {
  certificate = await createTestCertificate('localhost')
  folder = mkdtempSync(join(tmpdir(), 'stillpoint-clients-'))
  authority = { ca: certificate.ca, caFile: join(folder, 'ca.pem') }
  writeFileSync(authority.caFile, authority.ca)
  secure = await startPageOrigin(new Network(), certificate, 'h1')
  secureUrl = `https://localhost:${secure.port}/exit`
}, 30_000)

afterAll(async () => {
  await secure.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe.each([
  ['that comes from no allowed address', []],
  ["that comes from an address which is allowed for the first endpoint, with each one's credentials,", ['127.0.0.1']],
])('a client on the shared port %s', (_, allowed_ips) => {
  let world: World
  let door: Door
  let exits: string[]
  /** The two endpoints, by way of the door. */
  let endpoints: Connection[]

  beforeAll(async () => {
    world = await World.create()
    exits = [(await world.addKey('a')).remote_ip ?? '', (await world.addKey('b')).remote_ip ?? '']
    await world.call('PUT', '/api/proxies/1', { allowed_ips })
  })

  afterAll(() => world.stop())

  beforeEach(async () => {
    door = await openDoor(world.app.gatewayPort ?? 0)
    const connections = await Promise.all([1, 2].map((id) => world.connection(id)))
    endpoints = connections.map((connection) => ({ ...connection, host: '127.0.0.1', port: door.port }))
  })

  afterEach(() => door.close())

  /** The endpoints in turn, twice, each time for the next of these URLs. */
  const turnsOf = (urls: string[]) =>
    [...endpoints, ...endpoints].map((endpoint, index) => ({ endpoint, url: urls[index % urls.length] ?? '' }))

  function leavesByItsExit(client: HttpClient, title: string, urls: () => string[]): void {
    it.skipIf(client.isInstalled === false)(`leaves by the exit of each request: ${client.name} ${title}`, async () => {
      const answers = await client.ask(turnsOf(urls()), authority)

      expect(answers).toEqual([...exits, ...exits])
      expect(door.opened).toBe(client.connections)
    })
  }

  for (const client of plainClients) leavesByItsExit(client, 'with plain requests', () => [plainUrl])
  for (const client of tunnelClients) leavesByItsExit(client, 'with tunnels', () => [secureUrl])
  leavesByItsExit(curlTunnel, 'to two targets', () => ['http://a.test/', 'http://b.test/'])

  it('leaves by the exit of the tunnel that it asks for on a connection which carried requests for the other', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    const [first, second] = endpoints as [Connection, Connection]

    const before = await getThrough(first, plainUrl, { agent })
    const { status, socket } = await openTunnelBy(agent, second)
    const inside = await askThrough(socket)
    socket.destroy()

    expect([before.body.trim(), status, inside]).toEqual([exits[0], 200, exits[1]])
    expect(door.opened).toBe(1)
  })

  it('leaves by the exit of each request when it makes many at once over a few connections', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 4 })
    onTestFinished(() => agent.destroy())
    const asked = Array.from({ length: 200 }, (_unused, index) => ((index * 7) % 3) % 2)

    const answers = await Promise.all(
      asked.map(async (index) => (await getThrough(endpoints[index] as Connection, plainUrl, { agent })).body.trim()),
    )

    expect(answers).toEqual(asked.map((index) => exits[index]))
    expect(door.opened).toBeLessThanOrEqual(4)
  })
})

describe('on one connection to the shared port', () => {
  let world: World
  let door: Door
  let exits: string[]
  let endpoint: Connection
  let agent: Agent

  beforeEach(async () => {
    world = await World.create()
    exits = [(await world.addKey('a')).remote_ip ?? '', (await world.addKey('b')).remote_ip ?? '']
    door = await openDoor(world.app.gatewayPort ?? 0)
    endpoint = { ...(await world.connection(1)), host: '127.0.0.1', port: door.port }
    agent = new Agent({ keepAlive: true, maxSockets: 1 })
  })

  afterEach(async () => {
    agent.destroy()
    await door.close()
    await world.stop()
  })

  const ask = async (credentials: string | null) => {
    const { status, body } = await getThrough(endpoint, plainUrl, { agent, credentials })
    return status === 200 ? body.trim() : status
  }

  it('the address decides for a request without credentials, and for no other', async () => {
    await world.call('PUT', '/api/proxies/1', { allowed_ips: ['127.0.0.1'] })
    const second = `proxy2:${(await world.connection(2)).password}`

    const answers = [await ask(null), await ask(second), await ask(null), await ask(second)]

    expect(answers).toEqual([exits[0], exits[1], exits[0], exits[1]])
    expect(door.opened).toBe(1)
  })

  it('a request is refused for what it says itself, whatever the others before it said', async () => {
    const first = `proxy1:${endpoint.password}`

    const answers = [await ask(first), await ask(null), await ask(`proxy2:${endpoint.password}`), await ask(first)]

    expect(answers).toEqual([exits[0], 407, 407, exits[0]])
    expect(door.opened).toBe(1)
  })
})

describe('Chromium on the shared port', () => {
  it('leaves by the exit of each context, plain and in tunnels, when two have credentials of their own', async () => {
    const world = await World.create()
    onTestFinished(() => world.stop())
    const exits = [(await world.addKey('a')).remote_ip ?? '', (await world.addKey('b')).remote_ip ?? '']
    const browser = await launchChromium([certificate.spki])
    onTestFinished(() => browser.close())
    const pages = await Promise.all(
      [1, 2].map(async (id) => {
        const { username, password } = await world.connection(id)
        const proxy = { server: `http://127.0.0.1:${world.app.gatewayPort}`, username, password }
        return await (await browser.newContext({ proxy })).newPage()
      }),
    )

    for (const url of [plainUrl, secureUrl, plainUrl, secureUrl]) {
      const answers: string[] = []
      for (const page of pages) {
        await page.goto(url)
        answers.push((await page.locator('body').innerText()).trim())
      }
      expect(answers, url).toEqual(exits)
    }
  }, 60_000)
})

async function openTunnelBy(agent: Agent, endpoint: Connection): Promise<{ status: number; socket: Socket }> {
  const { host, port, username, password } = endpoint
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  const headers = { host: 'ip.test:80', 'proxy-authorization': authorization }
  const asking = request({ agent, host, port, method: 'CONNECT', path: 'ip.test:80', headers }).end()
  const [reply, socket] = (await once(asking, 'connect')) as [IncomingMessage, Socket]
  return { status: reply.statusCode ?? 0, socket }
}
