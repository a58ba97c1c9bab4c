import { expect, it } from 'vitest'

import { startSimulator } from '../simulator/simulator.ts'
import { getThrough } from './support/proxy-client.ts'
import { expectNoHandleLeft } from './support/handles.ts'
import { ManualClock } from './support/manual-clock.ts'
import { World } from './support/world.ts'

expectNoHandleLeft()

it('leads no client to an upstream on this machine when the provider is not on it', async () => {
  const clock = new ManualClock()
  const elsewhere = await startSimulator({ now: () => clock.now() })
  // An address that is not that of this machine by its spelling, but leads here all the same.
  const base = elsewhere.apiBase.replace('127.0.0.1', '0.0.0.0')
  const world = await World.create({ clock, environment: { KIOTPROXY_API_BASE: base } })
  await world.call('PUT', '/api/settings', { hold_seconds: 0 })
  elsewhere.addKey('K0123456789abcdef0123456789abcdef')

  const added = await world.call<{ id: number; message: string; status: string; remote_http: string | null }>(
    'POST',
    '/api/proxies',
    { kiotproxy_key: 'K0123456789abcdef0123456789abcdef' },
  )

  expect(added.body).toMatchObject({ status: 'pending', remote_http: null, remote_socks5: null })
  expect(added.body.message).toContain('which is no IP address on the internet. It is not used')
  const through = await getThrough(await world.connection(added.body.id), 'http://ip.test/')
  expect(through.status).toBe(503)
  await world.stop()
  await elsewhere.stop()
})
