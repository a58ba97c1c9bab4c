import { readFileSync } from 'node:fs'

import { afterEach, beforeEach, expect, it } from 'vitest'

import { ManualClock } from './support/manual-clock.ts'
import { providerKey, World } from './support/world.ts'

/** What the API answered while a key and its endpoint were one row. */
const golden = JSON.parse(readFileSync(new URL('fixtures/proxies-answers.json', import.meta.url), 'utf8')) as unknown[]

let clock: ManualClock
let world: World
let startedAt: number

beforeEach(async () => {
  clock = new ManualClock()
  startedAt = clock.now()
  world = await World.create({ clock, simulator: { plan: { ttlSeconds: 1200, cooldownSeconds: 60 } } })
  for (const name of ['a', 'b', 'c', 'other', 'line']) world.simulator.addKey(providerKey(name))
})

afterEach(() => world.stop())

/** What differs from run to run gets a name: times, tokens, and the numbers and ports of this machine. */
function createNormalise() {
  const tokens = new Set<string>()
  const numbers = new Map<number, number>()
  const indexOf = (number: number) => {
    if (!numbers.has(number)) numbers.set(number, numbers.size + 1)
    return numbers.get(number) ?? 0
  }
  return (text: string) => {
    const { PROXY_PORT_START: start } = world.config
    for (const [, token = ''] of text.matchAll(/"password":"([^"]+)"/g)) tokens.add(token)
    return [...tokens]
      .reduce((rest, token) => rest.replaceAll(token, 'TOKEN'), text)
      .replaceAll(/"(latency_ms|last_check_at|recent_checks|request_id)":(\[[^\]]*\]|"[^"]*"|\w+)/g, '"$1":"..."')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (time) => `now + ${(Date.parse(time) - startedAt) / 1000} s`)
      .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/g, 'TIME')
      .replaceAll(/(127\.20\.0\.\d+):\d+/g, '$1:PORT')
      .replaceAll(`:${world.app.gatewayPort}`, ':GATEWAY')
      .replaceAll(/proxy(\d+)/g, (_, number) => `proxy-${indexOf(Number(number))}`)
      .replaceAll(/\b\d{5}\b/g, (port) => {
        const number = Number(port) - start
        return number > 0 && number < 200 ? `START+${indexOf(number)}` : port
      })
      .replaceAll(/"port":(START\+\d+)/g, '"port":"$1"')
  }
}

it('answers as before there were two rows', async () => {
  const normalise = createNormalise()
  const answers: { call: string; status: number; body: unknown }[] = []
  const ask = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${world.url}/api${path}`, {
      method,
      headers: { authorization: `Bearer ${world.session}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    answers.push({ call: `${method} ${path}`, status: response.status, body: parseIfJson(normalise(text)) })
  }

  await ask('POST', '/proxies', { key_name: 'Shop A', kiotproxy_key: providerKey('a') })
  const more = { region: 'nam', allowed_ips: ['203.0.113.0/24'], upstream_protocol: 'socks5' }
  await ask('POST', '/proxies', { kiotproxy_key: providerKey('b'), ...more })
  await ask('POST', '/proxies', { kiotproxy_key: providerKey('unknown') })
  await ask('POST', '/proxies', { kiotproxy_key: providerKey('a') })
  world.simulator.setFault('out_of_stock')
  await ask('POST', '/proxies', { key_name: 'Shop C', kiotproxy_key: providerKey('c') })
  world.simulator.setFault(null)
  await ask('GET', '/proxies')
  await ask('GET', '/proxies/1')
  await ask('GET', '/proxies/99')
  await ask('GET', '/proxies/1/connection')
  await ask('GET', '/connections')
  await ask('PUT', '/proxies/1', { key_name: 'Shop Z', local_address: '127.0.0.77', always_ask: true })
  const overrides = { hold_seconds: 3, drain_seconds: 'never' }
  await ask('PUT', '/proxies/2', { region: 'bac', is_active: false, allowed_ips: [], overrides })
  await ask('PUT', '/proxies/2', { local_address: '127.0.0.77' })
  await ask('PUT', '/proxies/2', { upstream_protocol: 'http', is_active: true })
  await ask('PUT', '/proxies/2', { kiotproxy_key: providerKey('other'), region: 'trung' })
  await ask('POST', '/proxies/1/addresses', { address: '198.51.100.9', for: '24h' })
  await ask('GET', '/proxies/1')
  await ask('DELETE', '/proxies/1/addresses/198.51.100.9')
  await ask('POST', '/proxies/1/rotate')
  await clock.advance(61_000)
  await ask('POST', '/proxies/1/rotate')
  await ask('POST', '/proxies/1/restart')
  const text = ['Line one', providerKey('line')].join(',')
  await ask('POST', '/proxies/import', { text, dry_run: true })
  await ask('POST', '/proxies/import', { text })
  await ask('GET', '/export')
  await ask('DELETE', '/proxies/2')
  await ask('POST', '/proxies/2/restore')
  await ask('DELETE', '/proxies/4?release=true')
  await ask('POST', '/proxies/1/token')
  await ask('GET', '/proxies')
  await ask('GET', '/logs?limit=100')

  expect(answers).toMatchObject(golden)
})

function parseIfJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
