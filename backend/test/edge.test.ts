import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'

import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { getTraefik } from '../scripts/traefik.mjs'
import type { Connection } from '../src/contract/index.ts'
import { createTestCertificate, type TestCertificate } from './support/certificates.ts'
import { launchChromium } from './support/chromium.ts'
import { freePort, RawClient } from './support/data-plane.ts'
import { repositoryRoot, Running } from './support/process.ts'
import { until } from './support/until.ts'
import { adminPassword, World } from './support/world.ts'

const domain = 'proxy.test'
const run = promisify(execFile)
const traefik = getTraefik()
const hasRequests = await run('python3', ['-c', 'import requests']).then(
  () => true,
  () => false,
)

/** Edge is what stands before the endpoints: ports in clear and over TLS. */
interface Edge {
  clear: number
  tls: number
  stop(): Promise<void>
}

const edges: [string, (world: World, folder: string) => Promise<Edge>][] = [
  [
    'without Traefik',
    async ({ app }) => ({ clear: app.gatewayPort ?? 0, tls: app.tlsPort ?? 0, stop: () => Promise.resolve() }),
  ],
]
if (traefik !== undefined) edges.push(['behind Traefik', (_, folder) => startTraefik(traefik, folder)])

/** Runs the static file that is shipped, with other ports and folders. */
async function startTraefik(program: string, folder: string): Promise<Edge> {
  const [clear, tls] = [await freePort(), await freePort()]
  const shipped = readFileSync(join(repositoryRoot, 'traefik/traefik.yml'), 'utf8')
  const moved = [
    [`':80'`, `'0.0.0.0:${clear}'`],
    [`':443'`, `'0.0.0.0:${tls}'`],
    ['/etc/traefik/dynamic', join(folder, 'dynamic')],
    ['storage: /acme/acme.json', `storage: ${join(folder, 'acme.json')}`],
  ] as const
  let text = shipped
  for (const [from, to] of moved) {
    expect(text).toContain(from)
    text = text.replaceAll(from, to)
  }
  writeFileSync(join(folder, 'traefik.yml'), text)
  const running = new Running(
    spawn(program, [`--configFile=${join(folder, 'traefik.yml')}`], { stdio: ['ignore', 'pipe', 'pipe'] }),
  )
  return { clear, tls, stop: () => running.kill('SIGTERM') }
}

describe.each(edges)('the edge %s', (_, startEdge) => {
  let certificate: TestCertificate
  let folder: string
  let world: World
  let edge: Edge
  let endpoints: Connection[]
  let exits: string[]

  beforeAll(async () => {
    certificate = await createTestCertificate(domain, `*.${domain}`)
    folder = mkdtempSync(join(tmpdir(), 'stillpoint-edge-'))
    for (const name of ['cert', 'key', 'ca'] as const) writeFileSync(join(folder, name), certificate[name])
    world = await World.create({
      environment: {
        DOMAIN: domain,
        GATEWAY_HOST: '0.0.0.0',
        TRUSTED_PROXIES: '127.0.0.1',
        TLS_PORT: '0',
        TLS_CERT: join(folder, 'cert'),
        TLS_KEY: join(folder, 'key'),
        TRAEFIK_DYNAMIC_DIR: join(folder, 'dynamic'),
      },
    })
    const keys = [await world.addKey('a'), await world.addKey('b')]
    exits = keys.map(({ remote_ip }) => remote_ip ?? '')
    endpoints = [await world.connection(1), await world.connection(2)]
    edge = await startEdge(world, folder)
    await until('the edge to be open', async () => (await curl('proxy1')).status === 200, 20_000)
  }, 60_000)

  afterAll(async () => {
    await edge.stop()
    await world.stop()
    rmSync(folder, { recursive: true })
  })

  const tokenOf = (name: string) => endpoints.find(({ username }) => username === name)?.password ?? ''

  /** Asks for the exit through `https://NAME.DOMAIN`, with the token unless told otherwise. */
  async function curl(
    name: string,
    { token = tokenOf(name), from = '' } = {},
  ): Promise<{ status: number; body: string }> {
    const place = `${name}.${domain}:${edge.tls}`
    const tls = ['--proxy', `https://${place}`, '--proxy-cacert', join(folder, 'ca'), '--resolve', `${place}:127.0.0.1`]
    const credentials = token === '' ? [] : ['--proxy-user', `${name}:${token}`]
    const source = from === '' ? [] : ['--interface', from]
    const how = ['--silent', '--max-time', '10', '--proxytunnel', '--write-out', '\n%{http_connect}']
    const args = [...how, ...tls, ...credentials, ...source, 'http://ip.test/']
    const { stdout } = await run('curl', args).catch((error: { stdout: string }) => error)
    const lines = stdout.trim().split('\n')
    return { status: Number(lines.at(-1)), body: lines[0] ?? '' }
  }

  async function openBrowser(options: Parameters<typeof launchChromium>[1] = {}): Promise<Browser> {
    const resolving = `--host-resolver-rules=MAP *.${domain} 127.0.0.1`
    return await launchChromium([certificate.spki], { ...options, args: [resolving, ...(options.args ?? [])] })
  }

  it('leads curl by the name asked for by TLS, with the token', async () => {
    expect(await curl('proxy1')).toEqual({ status: 200, body: exits[0] })
    expect(await curl('proxy2')).toEqual({ status: 200, body: exits[1] })
  })

  it('lets nobody through without, unless his own address is allowed: it sees the true one', async () => {
    await world.call('PUT', '/api/proxies/1', { allowed_ips: ['127.0.7.5'] })

    expect(await curl('proxy1', { token: '', from: '127.0.7.5' })).toEqual({ status: 200, body: exits[0] })
    expect(await curl('proxy1', { token: '', from: '127.0.7.6' })).toMatchObject({ status: 407 })
    expect(await curl('proxy2', { token: '', from: '127.0.7.5' })).toMatchObject({ status: 407 })
    await world.call('PUT', '/api/proxies/1', { allowed_ips: [] })
  })

  it('leads curl in clear by user name, and by the address it comes from', async () => {
    await world.call('PUT', '/api/proxies/2', { allowed_ips: ['127.0.7.9'] })
    const ask = async (...args: string[]) =>
      (
        await run('curl', [
          '--silent',
          '--max-time',
          '10',
          '--proxy',
          `http://127.0.0.1:${edge.clear}`,
          ...args,
          'http://ip.test/',
        ])
      ).stdout

    expect((await ask('--proxy-user', `proxy1:${tokenOf('proxy1')}`)).trim()).toBe(exits[0])
    expect((await ask('--interface', '127.0.7.9')).trim()).toBe(exits[1])
    expect(await ask('--interface', '127.0.7.10')).toMatch(/needs the user name/)
    await world.call('PUT', '/api/proxies/2', { allowed_ips: [] })
  })

  it.runIf(hasRequests)("leads Python's requests in clear by user name", async () => {
    const script = `import requests, sys
p = 'http://proxy2:' + sys.argv[1] + '@127.0.0.1:' + sys.argv[2]
print(requests.get('http://ip.test/', proxies={'http': p}, timeout=10).text)`
    const { stdout } = await run('python3', ['-c', script, tokenOf('proxy2'), String(edge.clear)])

    expect(stdout.trim()).toBe(exits[1])
  })

  it.each([
    ['over TLS', () => `https://proxy1.${domain}:${edge.tls}`],
    ['in clear', () => `http://proxy1.${domain}:${edge.clear}`],
  ])('leads Chromium %s, which is asked for user name and token', async (_kind, server) => {
    const browser = await openBrowser()
    const proxy = { server: server(), username: 'proxy1', password: tokenOf('proxy1') }
    const page = await (await browser.newContext({ proxy })).newPage()

    await page.goto('http://ip.test/')

    expect((await page.textContent('body'))?.trim()).toBe(exits[0])
    await browser.close()
  })

  it('leads by the address of ours that a client comes to', async () => {
    const allowed_ips = ['127.0.7.20']
    await world.call('PUT', '/api/proxies/1', { allowed_ips })
    await world.call('PUT', '/api/proxies/2', { allowed_ips, local_address: '127.0.0.77' })
    const ask = async (host: string) => {
      const args = ['--silent', '--max-time', '10', '--interface', '127.0.7.20', '--write-out', '%{http_code}']
      return (await run('curl', [...args, '--proxy', `http://${host}:${edge.clear}`, 'http://ip.test/'])).stdout
    }

    expect(await ask('127.0.0.77')).toBe(`${exits[1]}\n200`)
    expect(await ask('127.0.0.78')).toMatch(/407$/)

    await world.call('PUT', '/api/proxies/1', { allowed_ips: [] })
    await world.call('PUT', '/api/proxies/2', { allowed_ips: [], local_address: null })
  })

  it('configures Chromium by the PAC file of an endpoint', async () => {
    await world.call('PUT', '/api/proxies/2', { allowed_ips: ['127.0.0.1'] })
    const browser = await openBrowser({ args: [`--proxy-pac-url=http://proxy2.${domain}:${edge.clear}/proxy.pac`] })
    const page = await browser.newPage()

    await page.goto('http://ip.test/')

    expect((await page.textContent('body'))?.trim()).toBe(exits[1])
    await browser.close()
    await world.call('PUT', '/api/proxies/2', { allowed_ips: [] })
  })

  it('answers at app.DOMAIN on both ports', async () => {
    const ask = async (url: string, port: number) => {
      const args = ['--silent', '--cacert', join(folder, 'ca'), '--resolve', `app.${domain}:${port}:127.0.0.1`]
      return (await run('curl', [...args, `${url}:${port}/health`])).stdout
    }

    expect(await ask(`http://app.${domain}`, edge.clear)).toContain('"ok"')
    expect(await ask(`https://app.${domain}`, edge.tls)).toContain('"ok"')
  })

  it('serves the dashboard at app.DOMAIN, live, and takes changes only from there', async () => {
    const browser = await openBrowser()
    const page = await browser.newPage({ locale: 'en-GB' })
    await page.goto(`https://app.${domain}:${edge.tls}/`)
    await page.getByLabel('Password').fill(adminPassword)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('banner').getByText('live', { exact: true }).waitFor()

    await page.getByRole('button', { name: 'Rotate IP of a' }).click()

    await page.getByText(`was ${exits[0]}`).waitFor()
    exits[0] = (await world.get(1)).remote_ip ?? ''
    const cookie = (await page.context().cookies()).find(({ name }) => name.endsWith('session_id'))
    expect(cookie).toMatchObject({ name: '__Host-session_id', secure: true, httpOnly: true, sameSite: 'Strict' })
    await browser.close()
  })

  it('reaches a key that is added within 2 seconds, and no longer one that is removed', async () => {
    const added = await world.addKey('c')
    const endpoint = await world.connection(added.id)
    const ask = () => curl(added.subdomain, { token: endpoint.password })

    await until('the new name', async () => (await ask()).body === added.remote_ip, 2_000)
    await world.call('DELETE', `/api/proxies/${added.id}`)
    await until('its end', async () => (await ask()).status !== 200, 5_000)
  })

  it('keeps an open tunnel through fifty changes of the keys', async () => {
    const credentials = Buffer.from(`proxy1:${tokenOf('proxy1')}`).toString('base64')
    // A key of its own: Traefik may still be at the former changes when the next test begins.
    const changed = await world.addKey('changed')
    const client = new RawClient(edge.clear)
    client.send(`CONNECT ip.test:80 HTTP/1.1\r\nHost: ip.test:80\r\nProxy-Authorization: Basic ${credentials}\r\n\r\n`)
    await client.until('200 Connection established')

    for (let count = 0; count < 50; count++) {
      await world.call('PUT', `/api/proxies/${changed.id}`, { is_active: count % 2 === 1 })
    }

    client.received = ''
    client.send('GET / HTTP/1.1\r\nHost: ip.test\r\n\r\n')
    expect(await client.until(exits[0] ?? '')).toMatch(/^HTTP\/1.1 200 /)
    client.socket.destroy()
    await world.call('DELETE', `/api/proxies/${changed.id}`)
  })

  it('answers a TLS client that names nobody: by its user name, or not at all', async () => {
    const socket = connectTls({ port: edge.tls, host: '127.0.0.1', rejectUnauthorized: false })
    const credentials = Buffer.from(`proxy1:${tokenOf('proxy1')}`).toString('base64')
    socket.write(`GET http://ip.test/ HTTP/1.1\r\nHost: ip.test\r\nProxy-Authorization: Basic ${credentials}\r\n\r\n`)
    let answer = ''
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()))
    let isOver = false
    const end = () => (isOver = true)
    socket.on('error', end).on('close', end)
    await until('an answer or the end', () => answer.includes('\r\n\r\n') || isOver)

    // Traefik has no router for it but the one of the API's name.
    if (edge.tls === world.app.tlsPort) expect(answer).toContain(exits[0])
    else expect(answer).not.toMatch(/^HTTP\/1.1 2/)
    socket.destroy()
  })

  it('knows a removed key no more, by its name', async () => {
    const added = await world.addKey('d')
    const { password: token } = await world.connection(added.id)
    await world.call('DELETE', `/api/proxies/${added.id}`)

    await until('its end', async () => (await curl(added.subdomain, { token })).status !== 200, 5_000)
    expect(await curl('proxy2')).toEqual({ status: 200, body: exits[1] })
  })

  it('closes what is not TLS, names nobody or a stranger, and goes on', async () => {
    const garbage = new RawClient(edge.tls).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await until('an answer or the end', () => garbage.received !== '' || garbage.hasEnded || garbage.isClosed)
    expect(garbage.received).not.toMatch(/^HTTP\/1.1 2/)
    expect((await curl('proxy9', { token: 'x' })).status).not.toBe(200)

    expect(await curl('proxy1')).toEqual({ status: 200, body: exits[0] })
  })
})
