import { rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'

import { afterEach, describe, expect, it, onTestFinished } from 'vitest'

import { runNode } from '../bench/contenders.ts'
import { PlaneProcess } from '../bench/plane-process.ts'
import { startSimulator } from '../simulator/simulator.ts'
import { RawClient } from './support/data-plane.ts'
import { connect as connectHead, get } from './support/misbehaving.ts'
import { repositoryRoot, run } from './support/process.ts'
import { getThrough } from './support/proxy-client.ts'
import { until } from './support/until.ts'
import { adminPassword, providerKey, worldEnvironment } from './support/world.ts'
import type { Connection } from '../src/contract/index.ts'

const held: Socket[] = []

afterEach(() => {
  for (const socket of held.splice(0)) socket.destroy()
})

/** Opens a connection from an address of its own for every thousand, and sends something. */
function open(port: number, text: string): Promise<string> {
  const localAddress = `127.0.1.${1 + Math.floor(held.length / 900)}`
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress }, () => socket.write(text))
    held.push(socket)
    socket.once('data', (chunk: Buffer) => resolve(chunk.toString('latin1')))
    socket.on('error', reject)
  })
}

describe('very many connections', () => {
  it('are ten thousand idle tunnels that take little memory, and leave nothing behind', async () => {
    const wanted = 10_000
    const upstream = await runNode('fast-upstream.ts')
    const plane = await PlaneProcess.start(6)
    await plane.route('127.0.0.1', upstream.port)
    const before = await plane.order(null)

    // This process and the upstream hold one descriptor for each, the data plane two.
    for (let count = 0; count < wanted; count += 50) {
      const port = plane.ports[Math.floor(count / 1_800)] ?? 0
      const answers = await Promise.all(Array.from({ length: 50 }, () => open(port, connectHead)))
      const refused = answers.find((answer) => !answer.startsWith('HTTP/1.1 200 '))
      if (refused !== undefined) {
        // Only the file limit may be in the way, and it lies near that.
        expect(refused).toMatch(/^HTTP\/1.1 503 /)
        expect(count).toBeGreaterThan(1_500)
        break
      }
    }
    const full = await plane.order(null)

    expect(full.tunnels).toBeGreaterThan(1_500)
    expect(full.rss / 2 ** 20).toBeLessThan(350)
    expect((full.rss - before.rss) / full.tunnels).toBeLessThan(20 * 1024)
    for (const socket of held.splice(0)) socket.destroy()
    const left = await plane.untilEmpty()
    expect(left).toMatchObject({ connections: 0, tunnels: 0 })
    const again = new RawClient(plane.ports[0] ?? 0).send(get)
    expect(await again.status()).toBe(200)
    again.socket.destroy()
    plane.stop()
    await upstream.running.kill()
  }, 90_000)

  it.runIf(process.platform === 'linux')(
    'beyond the file limit are answered with 503, and it says so and recovers',
    async () => {
      const simulator = await startSimulator({ plan: { cooldownSeconds: 0 } })
      simulator.addKey(providerKey('a'))
      const env = worldEnvironment(simulator)
      onTestFinished(() => rmSync(env.DATA_DIR, { recursive: true, force: true }))
      const script = `${repositoryRoot}/backend/dist/src/main.js`
      const command = `ulimit -n 400; exec "$0" "$1"`
      const running = run('sh', ['-c', command, process.execPath, script], { cwd: env.DATA_DIR, env })
      const [, url = ''] = await running.untilPrinted(/Dashboard +(http:\S+)/)
      const call = async <T>(path: string, body?: unknown, session = ''): Promise<T> => {
        const headers = { 'content-type': 'application/json', authorization: `Bearer ${session}` }
        const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
        return (await (await fetch(`${url}${path}`, { headers, ...init })).json()) as T
      }
      const { session_id } = await call<{ session_id: string }>('/api/auth/login', {
        username: 'admin',
        password: adminPassword,
      })
      const { id } = await call<{ id: number }>('/api/proxies', { kiotproxy_key: providerKey('a') }, session_id)
      const endpoint = await call<Connection>(`/api/proxies/${id}/connection`, undefined, session_id)
      const authorization = Buffer.from(`${endpoint.username}:${endpoint.password}`).toString('base64')
      const head = `CONNECT ip.test:80 HTTP/1.1\r\nHost: ip.test:80\r\nProxy-Authorization: Basic ${authorization}\r\n\r\n`

      const answers = await Promise.all(Array.from({ length: 300 }, () => open(endpoint.port, head)))

      const count = (status: number) => answers.filter((answer) => answer.startsWith(`HTTP/1.1 ${status} `)).length
      expect(count(200)).toBeGreaterThan(50)
      expect(count(200) + count(503)).toBe(300)
      expect(running.output).toMatch(/too many connections: the file limit of this process allows no more/)
      expect(await call('/health')).toMatchObject({ status: 'ok' })
      for (const socket of held.splice(0)) socket.destroy()
      await until('a free place', async () => (await getThrough(endpoint, 'http://ip.test/')).status === 200)
      expect(running.exit).toBeNull()
      await running.kill('SIGTERM')
      await simulator.stop()
    },
  )
})
