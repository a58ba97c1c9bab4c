import { expect, it } from 'vitest'

import { healthReply, readyReply } from '../src/contract/index.ts'
import { freePort } from './support/data-plane.ts'
import { until } from './support/until.ts'
import { adminPassword, World } from './support/world.ts'

const tryFetch = async (url: string, init?: RequestInit) => await fetch(url, init).catch(() => null)

it('says that it is ready only when the admin can sign in', async () => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const starting = World.create({ environment: { PORT: String(port) } })
  await until('it to be ready', async () => (await tryFetch(`${url}/ready`))?.status === 200)

  const reply = await tryFetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password: adminPassword }),
  })

  expect(reply?.status).toBe(200)
  await (await starting).stop()
})

it('tells strangers whether it is alive and ready, and nothing else', async () => {
  const world = await World.create()
  try {
    await world.addKey('a')
    await until('the listener', async () => (await world.call('GET', '/ready')).status === 200)
    const get = async (path: string, headers: Record<string, string> = {}) =>
      await (await fetch(`${world.url}${path}`, { headers })).json()
    const strangers = [{}, { authorization: 'Bearer no-session' }, { cookie: 'session_id=no-session' }]
    const admins = [{ authorization: `Bearer ${world.session}` }, { cookie: `session_id=${world.session}` }]

    for (const headers of strangers) {
      expect(await get('/health', headers)).toEqual({ status: 'ok' })
      expect(await get('/ready', headers)).toEqual({ ready: true })
    }
    for (const headers of admins) {
      expect(healthReply.required().parse(await get('/health', headers)).version).toMatch(/^\d+\.\d+\.\d+$/)
      expect(readyReply.required().parse(await get('/ready', headers)).listeners).toMatchObject({ listening: 1 })
    }
    expect(await get('/openapi.json')).toMatchObject({ info: { version: '1' } })
  } finally {
    await world.stop()
  }
})
