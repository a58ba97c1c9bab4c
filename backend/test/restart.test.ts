import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, it, onTestFinished } from 'vitest'

import type { DataFile, ProxyKeyView } from '../src/contract/index.ts'
import { failToStart } from './support/failed-start.ts'
import { ManualClock } from './support/manual-clock.ts'
import { repositoryRoot, run, runStillpoint } from './support/process.ts'
import { getThrough } from './support/proxy-client.ts'
import { until } from './support/until.ts'
import { adminPassword, providerKey, World, worldEnvironment } from './support/world.ts'
import { startSimulator } from '../simulator/simulator.ts'

describe('a restart', () => {
  it('with 100 keys keeps endpoints, tokens and living upstreams, without a call to new', async () => {
    const world = await World.create({ clock: new ManualClock() })
    const names = Array.from({ length: 100 }, (_, index) => `key ${index}`)
    for (const name of names) world.simulator.addKey(providerKey(name))
    const text = names.map((name) => `${name},${providerKey(name)}`).join('\n')
    expect((await world.call('POST', '/api/proxies/import', { text })).body).toMatchObject({ added: 100 })
    const before = await world.list()
    // The gateway of a test takes another free port each time.
    const ownPort = async (id: number) => ({ ...(await world.connection(id)), shared_url: null })
    const connections = await Promise.all(before.map((key) => ownPort(key.id)))
    const isCurrent = (call: { verb: string }) => call.verb === 'current'
    world.simulator.calls.length = 0

    await world.restart()

    const after = await world.list()
    const constant = (key: ProxyKeyView) => ({
      ...key,
      traffic: 0,
      latency_ms: 0,
      last_check_at: 0,
      listener: 'listening',
    })
    expect(after.map(constant)).toEqual(before.map(constant))
    expect(after.every((key) => key.listener === 'listening')).toBe(true)
    expect(await Promise.all(after.map((key) => ownPort(key.id)))).toEqual(connections)
    const exits = await Promise.all(connections.map((connection) => getThrough(connection, 'http://ip.test/')))
    expect(exits.map((reply) => reply.body.trim())).toEqual(before.map((key) => key.remote_ip))
    await until('all to be asked for', () => world.simulator.calls.filter(isCurrent).length === 100)
    expect(world.simulator.calls.every(isCurrent)).toBe(true)
    await world.stop()
  })

  it('takes over what the provider changed meanwhile, and rotates only what has ended', async () => {
    const clock = new ManualClock()
    const world = await World.create({ clock })
    const [kept, changed, released] = [
      await world.addKey('kept'),
      await world.addKey('changed'),
      await world.addKey('released'),
    ]
    await world.app.stop()
    const lease = await world.simulator.renew(providerKey('changed'))
    world.simulator.getLease(providerKey('released')).expiresAt = 0
    world.simulator.calls.length = 0
    await world.restart()

    await until('the changed one', async () => (await world.get(changed.id)).remote_ip === lease.exit.address)
    await until('the released one', async () => (await world.get(released.id)).remote_ip !== released.remote_ip)

    expect((await world.get(kept.id)).remote_ip).toBe(kept.remote_ip)
    expect(world.simulator.calls.filter((call) => call.verb === 'new').map((call) => call.key)).toEqual([
      providerKey('released'),
    ])
    await world.stop()
  })

  it('keeps serving from what is stored while the provider is down', async () => {
    const world = await World.create({ clock: new ManualClock() })
    const key = await world.addKey('a')
    const connection = await world.connection(key.id)
    world.simulator.setFault('reset')

    await world.restart()

    expect((await getThrough(connection, 'http://ip.test/')).body.trim()).toBe(key.remote_ip)
    await world.stop()
  })
})

describe('kill -9', () => {
  const writer = fileURLToPath(new URL('support/writer.mjs', import.meta.url))

  it('a hundred times during writes loses nothing that was acknowledged', async () => {
    const lanes = await Promise.all([1, 2, 3, 4].map(() => killRepeatedly(25)))

    expect(lanes.flat()).toHaveLength(100)
    for (const { acknowledged, stored } of lanes.flat()) expect(stored - acknowledged).toBeOneOf([0, 1])
  }, 180_000)

  async function killRepeatedly(times: number): Promise<{ acknowledged: number; stored: number }[]> {
    const dataDir = mkdtempSync(join(tmpdir(), 'stillpoint-kill-'))
    const results: { acknowledged: number; stored: number }[] = []
    for (let count = 0; count < times; count++) {
      const child = spawn(process.execPath, [writer, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
      let output = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
      const closed = once(child, 'close')
      await until('a first write', () => output.includes('\n'))
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 40))
      child.kill('SIGKILL')
      await closed
      const acknowledged = Number(output.trimEnd().split('\n').at(-1))
      const stored = (JSON.parse(readFileSync(join(dataDir, 'data.json'), 'utf8')) as DataFile).next_proxy_id
      results.push({ acknowledged, stored })
    }
    rmSync(dataDir, { recursive: true })
    return results
  }

  it('right after an answer loses nothing of it', async () => {
    const simulator = await startSimulator({ plan: { cooldownSeconds: 0 } })
    simulator.addKey(providerKey('a'))
    const env = { ...worldEnvironment(simulator), HEALTH_CHECK_INTERVAL: '3600' }
    const { DATA_DIR: cwd } = env
    const started = async () => {
      const running = runStillpoint({ cwd, env })
      const [, url = ''] = await running.untilPrinted(/Dashboard +(http:\S+)/)
      const login = await fetch(`${url}/api/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: 'admin', password: adminPassword }),
      })
      const { session_id } = (await login.json()) as { session_id: string }
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${session_id}` }
      const call = (method: string, path: string, body?: unknown) =>
        fetch(`${url}/api${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
      return { running, call }
    }
    const first = await started()
    await first.call('POST', '/proxies', { kiotproxy_key: providerKey('a') })
    const rotated = await first.call('POST', '/proxies/1/rotate')
    const { new_ip } = (await rotated.json()) as { new_ip: string }
    await first.running.kill('SIGKILL')
    simulator.setFault('reset')

    const second = await started()

    expect(await (await second.call('GET', '/proxies/1')).json()).toMatchObject({ remote_ip: new_ip, status: 'active' })
    await second.running.kill('SIGTERM')
    await simulator.stop()
    rmSync(cwd, { recursive: true })
  })
})

describe('a stop', () => {
  it('leaves no handle open: the process ends by itself', async () => {
    const script = fileURLToPath(new URL('support/start-and-stop.ts', import.meta.url))
    const running = run(process.execPath, [script], { cwd: repositoryRoot })

    expect(await running.ended()).toEqual({ code: 0, signal: null })
    expect(running.output).toMatch(/stopped after \d+ ms/)
  })
})

describe('a start that can not be', () => {
  const makeFolder = () => {
    const folder = mkdtempSync(join(tmpdir(), 'stillpoint-fail-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    return folder
  }

  const fail = (env: Record<string, string>, cwd = makeFolder()) =>
    failToStart({ cwd, env: { KIOTPROXY_API_BASE: 'http://127.0.0.1:1', ...env } })

  it('on a folder in use says so and ends', async () => {
    const world = await World.create()

    const second = await fail({ DATA_DIR: world.config.DATA_DIR })

    expect(second.code).toBe(1)
    expect(second.output).toMatch(
      /^stillpoint: The data folder .* is in use by another Stillpoint process\. Stop that one/,
    )
    await world.stop()
  })

  it('with bad variables names them all', async () => {
    const failed = await fail({ PORT: 'x', LOG_LEVEL: 'loud' })

    expect(failed.code).toBe(1)
    expect(failed.output).toMatch(
      /^stillpoint: The environment is not valid:\n {2}PORT="x" must be .*\n {2}LOG_LEVEL="loud" must be one of/,
    )
  })

  it('with a damaged data file says where and leaves it alone', async () => {
    const cwd = makeFolder()
    writeFileSync(join(cwd, 'data.json'), '{"version": 1,\n  "oops"\n}')

    const failed = await fail({ DATA_DIR: cwd, SECRET_KEY: '0123456789abcdef' }, cwd)

    expect(failed.output).toMatch(/data.json is damaged: it is not JSON \(line 3, column 1\)/)
    expect(readFileSync(join(cwd, 'data.json'), 'utf8')).toBe('{"version": 1,\n  "oops"\n}')
  })

  it('with a port in use names the variable', async () => {
    const world = await World.create()

    const failed = await fail({ PORT: String(world.app.port) })

    expect(failed.output).toMatch(/^stillpoint: PORT=\d+ is in use by another program\. Set PORT to a free one/)
    await world.stop()
  })
})
