import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { findOnPath, isExecutable } from '../scripts/programs.mjs'
import { createTestCertificate, type TestCertificate } from './support/certificates.ts'
import { launchChromium } from './support/chromium.ts'
import { freePort } from './support/data-plane.ts'
import { repositoryRoot, Running } from './support/process.ts'
import { until } from './support/until.ts'
import { adminPassword, World } from './support/world.ts'

const name = 'panel.example.com'
const operations = readFileSync(join(repositoryRoot, 'docs/operations.md'), 'utf8')
const find = (program: string) =>
  findOnPath(program) ?? [`/usr/sbin/${program}`, `/usr/local/bin/${program}`].find(isExecutable)

interface Place {
  folder: string
  /** Where the proxy listens. */
  port: number
  apiPort: number
}

/** The block of this language in docs/operations.md, with other places. */
function shipped(language: string, changes: readonly (readonly [string, string])[]): string {
  let text = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(operations)?.[1] ?? ''
  for (const [from, to] of changes) {
    expect(text).toContain(from)
    text = text.replaceAll(from, to)
  }
  return text
}

function nginxServer({ folder, port, apiPort }: Place): string {
  return shipped('nginx', [
    ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
    ['/etc/ssl/panel.example.com/fullchain.pem', join(folder, 'cert')],
    ['/etc/ssl/panel.example.com/privkey.pem', join(folder, 'key')],
    ['127.0.0.1:8000', `127.0.0.1:${apiPort}`],
  ])
}

function nginx(writeServer: (place: Place) => string) {
  return (place: Place): string[] => {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((kind) => `${kind}_temp_path ${join(place.folder, kind)};`)
      .join('\n')
    const path = join(place.folder, 'nginx.conf')
    const process = `daemon off; master_process off; pid ${join(place.folder, 'pid')}; error_log stderr; events {}`
    writeFileSync(path, `${process}\nhttp {\naccess_log off;\n${temporary}\n${writeServer(place)}\n}\n`)
    return ['-c', path, '-p', place.folder, '-e', 'stderr']
  }
}

function caddy({ folder, port, apiPort }: Place): string[] {
  const site = shipped('caddy', [
    [`${name} {`, `https://${name}:${port} {\nbind 127.0.0.1\ntls ${join(folder, 'cert')} ${join(folder, 'key')}`],
    ['127.0.0.1:8000', `127.0.0.1:${apiPort}`],
  ])
  const path = join(folder, 'Caddyfile')
  writeFileSync(path, `{\nadmin off\nauto_https off\n}\n${site}`)
  return ['run', '--config', path, '--adapter', 'caddyfile']
}

const proxies: [string, string, (place: Place) => string[], Record<string, string>][] = [
  ['nginx as docs/operations.md has it', 'nginx', nginx(nginxServer), { TRUSTED_PROXIES: '127.0.0.1' }],
  [
    'nginx with nothing but proxy_pass',
    'nginx',
    nginx((place) => nginxServer(place).replaceAll(/^.*(proxy_set_header|proxy_http_version).*\n/gm, '')),
    {},
  ],
  ['Caddy as docs/operations.md has it', 'caddy', caddy, { TRUSTED_PROXIES: '127.0.0.1' }],
]

describe.each(proxies)('behind %s', (_, program, configure, environment) => {
  const path = find(program)
  if (path === undefined) {
    it.skip(`left out, since ${program} is not installed here`, () => {})
    return
  }

  let certificate: TestCertificate
  let folder: string
  let world: World
  let proxy: Running
  let browser: Browser
  let page: Page
  let url: string

  beforeAll(async () => {
    certificate = await createTestCertificate(name)
    folder = mkdtempSync(join(tmpdir(), 'stillpoint-proxy-'))
    for (const part of ['cert', 'key'] as const) writeFileSync(join(folder, part), certificate[part])
    world = await World.create({ environment: { ALLOWED_HOSTS: name, ...environment } })
    await world.addKey('a')
    const port = await freePort()
    const args = configure({ folder, port, apiPort: world.app.port })
    const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
    proxy = new Running(spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], env }))
    url = `https://${name}:${port}/`
    browser = await launchChromium([certificate.spki], { args: [`--host-resolver-rules=MAP ${name} 127.0.0.1`] })
    page = await browser.newPage({ locale: 'en-GB' })
    await until(`an answer of ${program}`, async () => (proxy.exit ? fail(proxy) : await opens(page, url)), 20_000)
  }, 60_000)

  afterAll(async () => {
    await browser.close()
    await proxy.kill('SIGTERM')
    await world.stop()
    rmSync(folder, { recursive: true })
  })

  it('signs in, sees a rotation as it happens, changes the key and signs out', async () => {
    const first = (await world.get(1)).remote_ip ?? ''
    await page.getByLabel('Password').fill(adminPassword)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('banner').getByText('live', { exact: true }).waitFor()

    await world.call('POST', '/api/proxies/1/rotate')
    await page.getByText(`was ${first}`).waitFor({ timeout: 5_000 })
    const second = (await world.get(1)).remote_ip ?? ''
    await page.getByRole('button', { name: 'Rotate IP of a' }).click()
    await page.getByText(`was ${second}`).waitFor()
    const cookies = await page.context().cookies()
    expect(cookies.map((cookie) => [cookie.name, cookie.secure]).toSorted()).toEqual([
      ['__Host-device_id', true],
      ['__Host-session_id', true],
    ])

    await page.getByRole('button', { name: 'Account of admin' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByLabel('Password').waitFor()
    expect((await page.context().cookies()).map((cookie) => cookie.name)).toEqual(['__Host-device_id'])
  })

  it.runIf('TRUSTED_PROXIES' in environment)('is known to have come over https', async () => {
    const reply = await page.goto(url)

    expect(reply?.headers()['strict-transport-security']).toBe('max-age=31536000')
  })
})

async function opens(page: Page, url: string): Promise<boolean> {
  return await page.goto(url).then(
    (reply) => reply?.status() === 200,
    () => false,
  )
}

function fail(proxy: Running): never {
  throw new Error(`the proxy ended:\n${proxy.output}`)
}
