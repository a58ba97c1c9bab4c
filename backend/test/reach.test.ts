import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

import { afterEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'

import { renderBanner } from '../src/banner.ts'
import type { Connection, SystemInfo } from '../src/contract/index.ts'
import { ask } from './support/ask.ts'
import { EventReader } from './support/client-events.ts'
import { RawClient } from './support/data-plane.ts'
import { repositoryRoot } from './support/process.ts'
import { getThrough } from './support/proxy-client.ts'
import { until } from './support/until.ts'
import { World } from './support/world.ts'

const domain = 'proxy.test'
const toAll = { PROXY_HOST: '0.0.0.0', GATEWAY_HOST: '0.0.0.0' }

let world: World

afterEach(() => world.stop())

async function create(environment: Record<string, string>): Promise<Connection> {
  world = await World.create({ environment })
  await world.addKey('a')
  return await world.connection(1)
}

/** What the compose file sets, where the environment gives nothing else. */
function composeWays(): Record<string, string> {
  const file = parse(readFileSync(join(repositoryRoot, 'docker-compose.yml'), 'utf8')) as {
    services: { backend: { environment: Record<string, string> } }
  }
  const { PROXY_HOST, GATEWAY_HOST, PUBLIC_HTTPS, PUBLIC_WAYS } = file.services.backend.environment
  const given = Object.entries({ PROXY_HOST, GATEWAY_HOST, PUBLIC_HTTPS, PUBLIC_WAYS })
  return Object.fromEntries(given.map(([name, text = '']) => [name, text.replace(/^\$\{\w+:-(.*)\}$/, '$1')]))
}

/** What the API tells who has reached it by this host. */
async function askBy<T>(host: string, path: string): Promise<T> {
  const headers = { host, authorization: `Bearer ${world.session}` }
  return (await ask(world.url, { path, headers })).body as T
}

describe('behind the compose file', () => {
  it('tells ports 80 and 443 under the name, and leads through them', async () => {
    const connection = await create({ DOMAIN: domain, ...composeWays() })
    const { password } = connection

    expect(connection).toEqual({
      host: `proxy1.${domain}`,
      port: 80,
      username: 'proxy1',
      password,
      http_url: `http://proxy1:${password}@proxy1.${domain}:80`,
      socks5_url: `socks5h://proxy1:${password}@proxy1.${domain}:80`,
      shared_url: `http://proxy1:${password}@proxy1.${domain}:80`,
      tls_url: `https://proxy1:${password}@proxy1.${domain}:443`,
    })
    const key = await world.get(1)
    expect(key).toMatchObject({ endpoint: `proxy1.${domain}:80`, port: world.config.PROXY_PORT_START + 1 })
    const shared = { ...connection, host: '127.0.0.1', port: world.app.gatewayPort ?? 0 }
    expect((await getThrough(shared, 'http://ip.test/')).body.trim()).toBe(key.remote_ip)
    const test = await world.call<{ exit_ip: string }>('POST', '/api/proxies/1/test')
    expect(test.body.exit_ip).toBe(key.remote_ip)
  })

  it('prints these ports and the public dashboard at the start, and puts them into PAC files', async () => {
    await create({ DOMAIN: domain, ...composeWays() })
    const { app, config } = world

    const banner = renderBanner({ app, config, demoOrigin: null })
    const question = `GET /proxy.pac HTTP/1.1\r\nHost: proxy1.${domain}\r\n\r\n`
    const inClear = new RawClient(app.gatewayPort ?? 0).send(question)
    // As Traefik comes, which has ended TLS.
    const secured = new RawClient(config.PROXY_PORT_START + 1).send(question)

    expect(banner).toContain(`Dashboard https://app.${domain} `)
    expect(banner).toMatch(/Gateway +port 80: [^]*TLS +port 443: /)
    expect(await inClear.until('\r\n\r\n')).toMatch(new RegExp(`location: https://proxy1.${domain}/proxy.pac`, 'i'))
    await secured.until(`HTTPS proxy1.${domain}:443; PROXY proxy1.${domain}:80`)
  })

  it('without a domain tells the host by which one asks, and leads nobody to https', async () => {
    await create(composeWays())

    const connection = await askBy<Connection>('203.0.113.10', '/api/proxies/1/connection')
    const site = new RawClient(world.app.gatewayPort ?? 0).send('GET /health HTTP/1.1\r\nHost: 203.0.113.10\r\n\r\n')

    expect(connection).toMatchObject({ host: '203.0.113.10', port: 80, tls_url: null })
    expect(await site.status()).toBe(200)
  })
})

describe('with an address as DOMAIN', () => {
  it('tells that address with ports, which lead through', async () => {
    const connection = await create({ DOMAIN: '127.0.0.1', ...toAll })
    const key = await world.get(1)

    expect(key.endpoint).toBe(`127.0.0.1:${key.port}`)
    expect(connection).toMatchObject({ host: '127.0.0.1', port: key.port, tls_url: null })
    const ports = [connection.http_url, connection.shared_url].map((url) => Number(new URL(url ?? '').port))
    expect(ports).toEqual([key.port, world.app.gatewayPort])
    for (const port of ports) {
      expect((await getThrough({ ...connection, port }, 'http://ip.test/')).body.trim()).toBe(key.remote_ip)
    }
  })

  it('shows it on the page of an endpoint, also where https is public', async () => {
    const { port } = await create({ DOMAIN: '127.0.0.1', ...toAll, PUBLIC_HTTPS: 'true', PUBLIC_WAYS: 'own,shared' })
    const visit = (path: string) =>
      new RawClient(port).send(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`)

    const page = await visit('/').untilEnd()
    const pac = await visit('/proxy.pac').untilEnd()

    expect(page).toMatch(/^HTTP\/1.1 200 [^]*<h1>proxy1 at 127\.0\.0\.1<\/h1>/)
    expect(page).toContain(`http://proxy1:TOKEN@127.0.0.1:${port}`)
    expect(pac).toContain("return 'PROXY 127.0.0.1:80'")
  })
})

describe('without a domain', () => {
  it('tells each the host by which he asks, where other machines reach it', async () => {
    await create({ PROXY_HOST: '0.0.0.0' })
    const { port } = await world.get(1)
    const endpointBy = async (host: string) => (await askBy<{ endpoint: string }>(host, '/api/proxies/1')).endpoint

    expect(await endpointBy('203.0.113.10:8000')).toBe(`203.0.113.10:${port}`)
    expect(await endpointBy('[2001:db8::1]:8000')).toBe(`[2001:db8::1]:${port}`)
    expect(await endpointBy('localhost:8000')).toBe(`proxy1.localhost:${port}`)
    const system = await askBy<SystemInfo>('203.0.113.10', '/api/system')
    expect(system).toMatchObject({ default_public_host: '203.0.113.10', has_own_ports: true, has_shared_port: false })
    expect(await askBy('203.0.113.10', '/api/proxies/1/connection')).toMatchObject({
      host: '203.0.113.10',
      http_url: expect.stringContaining(`@203.0.113.10:${port}`) as string,
      shared_url: null,
    })
  })

  it('tells on the page only a host that is ours', async () => {
    const { port } = await create({ PROXY_HOST: '0.0.0.0' })
    const visit = (host: string) =>
      new RawClient(port).send(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`).untilEnd()

    expect(await visit('203.0.113.10')).toContain(`http://proxy1:TOKEN@203.0.113.10:${port}`)
    expect(await visit('evil.example')).not.toContain('evil.example')
  })
})

describe('the address that clients use', () => {
  it('is set by the admin: everything follows it, and who listens is told to fetch anew', async () => {
    await create(toAll)
    const { port } = await world.get(1)
    const reader = await EventReader.open(`${world.url}/api/events`, { authorization: `Bearer ${world.session}` })

    const reply = await world.call<{ settings: object }>('PUT', '/api/settings', { public_host: 'vps.example.com' })

    expect(reply.body.settings).toMatchObject({ public_host: 'vps.example.com' })
    expect((await world.get(1)).endpoint).toBe(`vps.example.com:${port}`)
    expect(await world.connection(1)).toMatchObject({
      host: 'vps.example.com',
      shared_url: expect.stringContaining(`@vps.example.com:${world.app.gatewayPort}`) as string,
    })
    await until('the news', () => reader.events.some(({ type }) => type === 'reset'))
    reader.close()
    await world.restart()
    await world.signIn()
    expect((await world.get(1)).endpoint).toBe(`vps.example.com:${port}`)
    await world.call('PUT', '/api/settings', { public_host: null })
    expect((await world.get(1)).endpoint).toBe(`proxy1.localhost:${port}`)
  })

  it('is refused where nobody could connect to it, and says why', async () => {
    await create({})
    const before = await world.get(1)

    const refused = await world.call('PUT', '/api/settings', { public_host: 'http://vps.example.com:8000/' })

    expect(refused.status).toBe(400)
    expect(refused.body.errors).toEqual([
      {
        path: 'public_host',
        message: 'must be an IP address or a host name such as proxy.example.com, without http:// and port',
      },
    ])
    expect((await world.get(1)).endpoint).toBe(before.endpoint)
  })
})

it('starts without the usual port of the gateway, unless clients are told it', async () => {
  const holder = createServer().on('error', () => {})
  // Where another program has it already, that does as well.
  await new Promise((resolve) => holder.listen(8080, '127.0.0.1').once('listening', resolve).once('error', resolve))
  world = await World.create({ environment: { GATEWAY_PORT: '' } })
  expect(world.app.gatewayPort).toBeNull()

  const toldAll = World.create({ environment: { GATEWAY_PORT: '', PUBLIC_WAYS: 'own,shared' } })

  await expect(toldAll).rejects.toThrow('GATEWAY_PORT=8080 is in use by another program.')
  holder.close()
})
