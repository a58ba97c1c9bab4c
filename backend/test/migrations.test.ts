import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

import type { Simulator } from '../simulator/simulator.ts'
import type { Config } from '../src/config.ts'
import type { Connection, ProxyKeyView } from '../src/contract/index.ts'
import { ManualClock } from './support/manual-clock.ts'
import { getThrough } from './support/proxy-client.ts'
import { providerKey, World } from './support/world.ts'

interface Answers {
  proxies: ProxyKeyView[]
  connections: (Pick<Connection, 'port' | 'username' | 'password'> & { id: number })[]
}

interface FormerRow {
  key_name: string
  port: number
  remote_http: string
  remote_socks5: string
  location: string
  expiration_at: string
  next_request_at: string
  access: object
}

interface FormerFile {
  settings: object
  sessions: { created_at: string }[]
  proxy_keys: FormerRow[]
}

/** In the order in which their exits got their addresses. */
const names = ['Shop A', 'gone', 'Shop B', 'Shop C', 'Shop D', 'Shop E']

describe.each([1, 2, 3, 4])('a data folder of version %i, as the product wrote it', (version) => {
  const folder = fileURLToPath(new URL(`fixtures/data-file-v${version}/`, import.meta.url))
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')

  it('is started with: endpoints, tokens and living upstreams stay, no new one is asked for, the former file is kept', async () => {
    const former = JSON.parse(read('data.json')) as FormerFile
    const clock = new ManualClock()
    clock.jump(Date.parse(former.sessions[0]?.created_at ?? '') + 30_000 - clock.now())
    let answers: Answers = { proxies: [], connections: [] }
    let before = ''
    const prepare = async (simulator: Simulator, { DATA_DIR, PROXY_PORT_START }: Config) => {
      const here = await lendAgain(simulator, former.proxy_keys, PROXY_PORT_START)
      answers = JSON.parse(here(read('answers.json'))) as Answers
      const file = JSON.parse(here(read('data.json'))) as FormerFile
      before = JSON.stringify(withOwnFields(file), null, 2)
      writeFileSync(join(DATA_DIR, 'data.json'), before)
      writeFileSync(join(DATA_DIR, 'secret.key'), read('secret.key'))
    }

    const world = await World.create({ clock, prepare, simulator: { plan: { cooldownSeconds: 60 } } })
    await world.app.resumed

    expect(await world.list()).toMatchObject(answers.proxies)
    const connections = await Promise.all(answers.connections.map(({ id }) => world.connection(id)))
    expect(
      connections.map((connection, index) => ({ id: answers.connections[index]?.id, ...connection })),
    ).toMatchObject(answers.connections)
    for (const index of [0, 1]) {
      const reply = await getThrough(connections[index] ?? never(), 'http://ip.test/')
      expect(reply.body.trim()).toBe(answers.proxies[index]?.remote_ip)
    }
    expect(world.simulator.calls.map(({ verb }) => verb)).not.toContain('new')
    const { DATA_DIR } = world.config
    const file = readFileSync(join(DATA_DIR, 'data.json'), 'utf8')
    expect(JSON.parse(file)).toMatchObject({
      version: 4,
      mine: 'of the file',
      settings: { mine: 'of the settings' },
      proxy_keys: former.proxy_keys.map(() => ({ mine: 'of the key' })),
      endpoints: former.proxy_keys.map(() => ({ access: { mine: 'of the access' } })),
    })
    expect(file).not.toContain('enc:v1:')
    await world.restart()
    expect(await world.list()).toMatchObject(answers.proxies)
    expect(readdirSync(DATA_DIR).filter((name) => name.startsWith('data.json.v'))).toEqual([`data.json.v${version}`])
    expect(readFileSync(join(DATA_DIR, `data.json.v${version}`), 'utf8')).toBe(before)
    await world.stop()
  })
})

/** Has a simulator lend what the former one did, and returns how texts of then are written with the ports of now. */
async function lendAgain(
  simulator: Simulator,
  rows: readonly FormerRow[],
  start: number,
): Promise<(text: string) => string> {
  const ports = new Map<string, string>()
  const firstPort = Math.min(...rows.map(({ port }) => port))
  for (const { port } of rows) ports.set(String(port), String(start + 1 + port - firstPort))
  for (const name of names) {
    const key = simulator.addKey(providerKey(name))
    const lease = await simulator.renew(providerKey(name))
    const row = rows.find(({ key_name }) => key_name === name)
    if (!row) continue
    ports.set(row.remote_http, lease.exit.http).set(row.remote_socks5, lease.exit.socks5)
    lease.location = row.location
    lease.expiresAt = Date.parse(row.expiration_at)
    key.nextRequestAt = Date.parse(row.next_request_at)
  }
  simulator.getKey(providerKey('Shop D')).state = 'expired'
  return (text) => [...ports].reduce((rest, [then, now]) => rest.replaceAll(then, now), text)
}

/** Fields that no version knows. */
function withOwnFields(file: FormerFile): object {
  return {
    ...file,
    mine: 'of the file',
    settings: { ...file.settings, mine: 'of the settings' },
    proxy_keys: file.proxy_keys.map((row) => ({
      ...row,
      mine: 'of the key',
      access: { ...row.access, mine: 'of the access' },
    })),
  }
}

function never(): never {
  throw new Error('the fixture has fewer proxies')
}
