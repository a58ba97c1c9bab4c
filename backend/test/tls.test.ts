import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'

import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import type { RotateReply } from '../src/contract/index.ts'
import { createTestCertificate, type TestCertificate } from './support/certificates.ts'
import { until } from './support/until.ts'
import { World } from './support/world.ts'

const domain = 'proxy.test'

describe('TLS of our own', () => {
  let certificates: TestCertificate[]
  let folder: string
  let world: World
  let exit: string
  let token: string

  beforeAll(async () => {
    certificates = [await createTestCertificate(`*.${domain}`), await createTestCertificate(`*.${domain}`)]
  }, 30_000)

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stillpoint-tls-'))
    write(certificates[0])
    world = await World.create({ environment: environment() })
    exit = (await world.addKey('a')).remote_ip ?? ''
    token = (await world.connection(1)).password
  })

  afterEach(async () => {
    await world.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const environment = () => ({
    DOMAIN: domain,
    TLS_PORT: '0',
    TLS_CERT: join(folder, 'cert'),
    TLS_KEY: join(folder, 'key'),
  })

  function write(certificate: TestCertificate | undefined): void {
    writeFileSync(join(folder, 'cert'), certificate?.cert ?? '')
    writeFileSync(join(folder, 'key'), certificate?.key ?? '')
  }

  async function open(): Promise<TLSSocket> {
    const port = world.app.tlsPort ?? 0
    const socket = connect({ port, host: '127.0.0.1', servername: `proxy1.${domain}`, rejectUnauthorized: false })
    socket.on('error', () => {})
    await until('the handshake', () => socket.getProtocol() !== null && socket.getPeerCertificate().fingerprint256)
    return socket
  }

  async function openTunnel(): Promise<{ socket: TLSSocket; ask: () => Promise<string> }> {
    const socket = await open()
    let received = ''
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))
    const credentials = Buffer.from(`proxy1:${token}`).toString('base64')
    socket.write(`CONNECT ip.test:80 HTTP/1.1\r\nHost: ip.test:80\r\nProxy-Authorization: Basic ${credentials}\r\n\r\n`)
    await until('the tunnel', () => received.includes('200 Connection established'))
    const ask = async () => {
      received = ''
      socket.write('GET / HTTP/1.1\r\nHost: ip.test\r\n\r\n')
      await until('an answer', () => received.endsWith('\n') && received.includes('\r\n\r\n'))
      return received.split('\r\n\r\n')[1]?.trim() ?? ''
    }
    return { socket, ask }
  }

  const isOver = (socket: TLSSocket) => socket.destroyed || socket.readableEnded

  it('ends with its tunnel when that is cut, and the next rotation drains as well', async () => {
    await world.call('PUT', '/api/settings', { drain_seconds: 0 })
    const first = await openTunnel()
    expect(await first.ask()).toBe(exit)

    const cut = await world.call<RotateReply>('POST', '/api/proxies/1/rotate')

    expect(cut.body.tunnels).toMatchObject({ open: 1, cut: 1 })
    await until('its end', () => isOver(first.socket))
    await world.call('PUT', '/api/settings', { drain_seconds: 5 })
    const second = await openTunnel()
    expect(await second.ask()).toBe(cut.body.new_ip)
    const calm = await world.call<RotateReply>('POST', '/api/proxies/1/rotate', { wait: true })
    expect(calm.body.tunnels).toMatchObject({ open: 1, idle: 1 })
    await until('its end', () => isOver(second.socket))
  })

  it('ends when the exit breaks the tunnel off', async () => {
    const { socket, ask } = await openTunnel()
    await ask()

    world.simulator.getLease(`K${Buffer.from('a').toString('hex').padEnd(32, '0')}`).exit.kill()

    await until('its end', () => isOver(socket))
    expect((await world.call('GET', '/health')).status).toBe(200)
  })

  it('reads the certificate again when it changes, and keeps the former one for a bad one', async () => {
    const fingerprint = async () => {
      const socket = await open()
      const { fingerprint256 } = socket.getPeerCertificate()
      socket.destroy()
      return fingerprint256
    }
    const before = await fingerprint()

    write(certificates[1])

    await until('the new certificate', async () => (await fingerprint()) !== before, 15_000)
    const after = await fingerprint()
    writeFileSync(join(folder, 'key'), certificates[0]?.key ?? '')
    await new Promise((resolve) => setTimeout(resolve, 6_000))
    expect(await fingerprint()).toBe(after)
  })

  it.each([
    ['is not there', () => rmSync(join(folder, 'cert')), /TLS_CERT=\S+cert or TLS_KEY=\S+key can't be used: ENOENT/],
    ['is nonsense', () => write(undefined), /TLS_CERT=\S+cert or TLS_KEY=\S+key can't be used/],
  ])('does not start with a certificate that %s, and says which', async (_, spoil, message) => {
    spoil()

    await expect(World.create({ environment: environment() })).rejects.toThrow(message)
  })
})
