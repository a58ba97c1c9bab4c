import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import { startSimulator } from '../simulator/simulator.ts'
import { EventReader } from './support/client-events.ts'
import { runStillpoint } from './support/process.ts'
import { getThrough, openTunnel } from './support/proxy-client.ts'
import { until } from './support/until.ts'
import { adminPassword, providerKey, worldEnvironment } from './support/world.ts'
import type { Connection } from '../src/contract/index.ts'

it('no secret appears in what is printed, in an error, in an event or in the data folder', async () => {
  const simulator = await startSimulator({ plan: { cooldownSeconds: 0 } })
  const secretKey = 'the secret key of this test'
  const env = { ...worldEnvironment(simulator), LOG_LEVEL: 'trace', SECRET_KEY: secretKey, HEALTH_CHECK_INTERVAL: '1' }
  const running = runStillpoint({ cwd: env.DATA_DIR, env })
  const [, url = ''] = await running.untilPrinted(/Dashboard +(http:\S+)/)
  const answers: string[] = []
  let session = ''
  const call = async (method: string, path: string, body?: unknown, isShown = true) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${session}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (isShown) answers.push(text)
    return (text === '' ? null : JSON.parse(text)) as Record<string, unknown>
  }
  const signIn = async (password: string) =>
    await call('POST', '/api/auth/login', { username: 'admin', password }, password !== adminPassword)

  await signIn('a wrong password')
  session = String((await signIn(adminPassword))['session_id'])
  const firstSession = session
  session = String((await signIn(adminPassword))['session_id'])
  const events = await EventReader.open(`${url}/api/events`, { authorization: `Bearer ${session}` })
  const names = ['one', 'two', 'three', 'unknown', 'expired', 'late']
  for (const name of ['one', 'two', 'three', 'late']) simulator.addKey(providerKey(name))
  simulator.addKey(providerKey('expired')).state = 'expired'
  for (const name of names.slice(0, 5))
    await call('POST', '/api/proxies', { kiotproxy_key: providerKey(name), key_name: name })
  await call('POST', '/api/proxies', { kiotproxy_key: providerKey('one') })
  await call('POST', '/api/proxies', { kiotproxy_key: `${providerKey('one')}!`, key_name: '' })
  for (const fault of ['reset', 'html', 'rate_limited', 'out_of_stock', 'server_error', 'null_host'] as const) {
    simulator.setFault(fault)
    await call('POST', '/api/proxies/1/rotate')
  }
  await call('POST', '/api/proxies', { kiotproxy_key: providerKey('late') })
  simulator.setFault(null)
  await call('POST', '/api/proxies/import', { text: names.map(providerKey).join('\n') })
  const connection = (await call('GET', '/api/proxies/1/connection', undefined, false)) as unknown as Connection
  await getThrough(connection, 'http://ip.test/')
  for (let count = 0; count < 12; count++)
    await getThrough(connection, 'http://ip.test/', { credentials: 'proxy1:a guessed token' })
  ;(await openTunnel(connection, 'ip.test:80')).socket.destroy()
  simulator.getLease(providerKey('two')).exit.kill()
  await call('POST', '/api/proxies/2/check')
  await call('PUT', '/api/proxies/2', { kiotproxy_key: providerKey('unknown') })
  await call('POST', '/api/proxies/3/restart')
  await call('GET', '/api/proxies')
  await call('GET', '/api/logs?limit=1000')
  await call('DELETE', '/api/proxies/3?release=true')
  await call('POST', '/api/auth/password', { current_password: 'a wrong password', new_password: 'the new password' })
  await call('POST', '/api/auth/password', { current_password: adminPassword, new_password: 'the new password' })
  await until('a check in the log', () => events.events.some((event) => JSON.stringify(event).includes('health check')))
  events.close()
  await running.kill('SIGTERM')

  const secrets = [
    ...names.map(providerKey),
    connection.password,
    adminPassword,
    'the new password',
    'a wrong password',
    'a guessed token',
    session,
    firstSession,
    secretKey,
  ]
  const files = readdirSync(env.DATA_DIR).map((name) => readFileSync(join(env.DATA_DIR, name), 'latin1'))
  const shown = {
    printed: running.output,
    answers: answers.join('\n'),
    events: JSON.stringify(events.events),
    files: files.join('\n'),
  }
  for (const [place, text] of Object.entries(shown)) {
    const found = secrets.filter(
      (secret) => text.includes(secret) || text.includes(Buffer.from(secret).toString('base64')),
    )
    expect(found, place).toEqual([])
    expect(text.length, place).toBeGreaterThan(500)
  }
  await simulator.stop()
  rmSync(env.DATA_DIR, { recursive: true })
})
