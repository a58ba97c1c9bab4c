import { describe, expect, it } from 'vitest'

import type { Lease } from '../src/plane/table.ts'
import { authorization, freePort, RawClient, upstreamAt, type Plane } from './support/data-plane.ts'
import { expectNoHandleLeft } from './support/handles.ts'
import { ManualClock } from './support/manual-clock.ts'
import { until } from './support/until.ts'
import {
  replying,
  startKind,
  startOver,
  stopAfterEach,
  upstreamKinds,
  type KindServer,
  type Script,
} from './support/upstream-kinds.ts'

expectNoHandleLeft()
stopAfterEach()

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const slow = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfi'
const get = `GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n${authorization}\r\n`
const connect = `CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n${authorization}\r\n`
const upgrade = get.replace('\r\n\r\n', '\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
const limits = { holdMs: 1_000, drainMs: 5_000, idleDrainMs: 300, tunnelIdleMs: 600_000 }

/** Another lease at the same place. */
const renewed = (lease: Lease): Lease => ({ ...lease, leaseId: `${lease.leaseId} again` })

async function openTunnel(plane: Plane): Promise<RawClient> {
  const client = new RawClient(plane.port).send(connect)
  await client.until('200 Connection established')
  return client
}

/** By a break: the client must not take what it got for all. */
async function untilCut(client: RawClient): Promise<void> {
  await until('it to be cut', () => client.isClosed)
  expect(client.hasEnded).toBe(false)
}

describe.each(upstreamKinds)('a lease of an upstream of $name', (kind) => {
  const start = async (script: Script, change: Partial<Lease> = {}) => {
    const clock = new ManualClock()
    const { plane, upstream } = await startOver(kind, script, { clock, route: { limits } })
    if (Object.keys(change).length > 0) plane.update({ upstream: { ...upstream.lease, ...change } })
    return { clock, plane, upstream }
  }
  /** Another upstream, which ends with the first. */
  const another = async (first: KindServer, script: Script): Promise<KindServer> => {
    const next = await startKind(kind, script)
    const { stop } = first
    first.stop = async () => {
      await next.stop()
      await stop()
    }
    return next
  }

  it('that is replaced lets a plain request finish, and new ones go to the next', async () => {
    const { clock, plane, upstream } = await start(replying(slow))
    const next = await another(upstream, replying(ok))
    const client = new RawClient(plane.port).send(get)
    await client.until('fi')

    plane.update({ upstream: next.lease })
    await clock.advance(4_900)

    await new RawClient(plane.port).send(get).until('ok')
    upstream.reached[0]?.socket.write('ne')
    await client.until('fine')
    client.received = ''
    client.send(get)
    await client.until('ok')
    expect([upstream.opened, next.opened]).toEqual([1, 2])
    expect(await plane.drained()).toMatchObject({ requests: { open: 1, finished: 1, cut: 0 } })
  })

  it('that is replaced has a plain request cut when the time is over', async () => {
    const { clock, plane, upstream } = await start(replying(slow))
    const client = new RawClient(plane.port).send(get)
    await client.until('fi')

    plane.update({ upstream: renewed(upstream.lease) })
    await clock.advance(5_100)

    await untilCut(client)
    expect(await plane.drained()).toMatchObject({ requests: { open: 1, finished: 0, cut: 1 } })
  })

  it('is another one when its id is, at the same host and port: tunnels are drained, what is kept is dialled anew', async () => {
    const { clock, plane, upstream } = await start(replying(ok))
    const tunnel = await openTunnel(plane)
    const client = new RawClient(plane.port).send(get)
    await client.until('ok')

    plane.update({ upstream: renewed(upstream.lease) })
    await clock.advance(400)

    await tunnel.untilEnd()
    expect((await plane.drained()).tunnels).toMatchObject({ open: 1, idle: 1 })
    client.received = ''
    client.send(get)
    await client.until('ok')
    expect(upstream.opened).toBe(3)
  })

  it('stays the same one while its id does, in whatever tables', async () => {
    const { clock, plane, upstream } = await start(replying(ok))
    const tunnel = await openTunnel(plane)
    const client = new RawClient(plane.port).send(get)
    await client.until('ok')

    plane.update({ upstream: { ...upstream.lease }, isRotating: true })
    await clock.advance(400)

    expect(tunnel.hasEnded).toBe(false)
    client.received = ''
    client.send(get)
    await client.until('ok')
    expect(upstream.opened).toBe(2)
  })

  it('that can’t be reached while it is being replaced has work wait for the next', async () => {
    const { plane, upstream } = await start(replying(ok))
    plane.update({ upstream: { ...renewed(upstream.lease), port: await freePort() }, isRotating: true })
    const clients = [get, connect].map((request) => new RawClient(plane.port).send(request))
    await until('both to be there', () => plane.traffic().requests === 2)

    plane.update({ upstream: upstream.lease, isRotating: false })

    expect(await Promise.all(clients.map((client) => client.status()))).toEqual([200, 200])
  })

  it('that ends has no byte leave through it any more, whatever the table says', async () => {
    const { clock, plane, upstream } = await start(replying(slow), { endsAt: new ManualClock().now() + 60_000 })
    const tunnel = await openTunnel(plane)
    const client = new RawClient(plane.port).send(get)
    await client.until('fi')
    await clock.advance(50_000)
    expect([tunnel.isClosed, client.isClosed]).toEqual([false, false])

    await clock.advance(12_000)

    await untilCut(tunnel)
    await untilCut(client)
    const late = [get, connect].map((request) => new RawClient(plane.port).send(request))
    expect(await Promise.all(late.map((one) => one.status()))).toEqual([503, 503])
    expect(plane.traffic().refused).toMatchObject({ upstream_missing: 2 })
    expect(upstream.opened).toBe(2)
  })

  it('keeps its end whatever the clock is set to, and cuts no tunnel for that', async () => {
    const { clock, plane } = await start(replying(ok), { endsAt: new ManualClock().now() + 60_000 })
    const tunnel = await openTunnel(plane)

    for (const jump of [-3_600_000, 7_200_000]) {
      clock.jump(jump)
      await clock.advance(5_000)
      expect(tunnel.isClosed || tunnel.hasEnded).toBe(false)
      expect(await new RawClient(plane.port).send(get).status()).toBe(200)
    }
    await clock.advance(52_000)

    await untilCut(tunnel)
  })

  it('that is replaced before it has answered is left for the next', async () => {
    const { plane, upstream } = await start(replying(ok))
    const silent = await another(upstream, () => {})
    const held: (() => void)[] = []
    // It takes its time to say that the way is open.
    silent.holdBack = (go) => void held.push(go)
    plane.update({ upstream: silent.lease })
    const clients = [connect, ...(kind.isSocks ? [get] : [])].map((request) => new RawClient(plane.port).send(request))
    await until('all to have asked', () => held.length === clients.length)

    plane.update({ upstream: upstream.lease })
    for (const go of held) go()

    expect(await Promise.all(clients.map((client) => client.status()))).toEqual(clients.map(() => 200))
    expect(upstream.opened).toBe(clients.length)
    await until('the former to be left', () => silent.sockets.size === 0)
  })

  it('that is replaced before a protocol is switched has the tunnel drained that comes of it', async () => {
    const { clock, plane, upstream } = await start(() => {})
    const client = new RawClient(plane.port).send(upgrade)
    await until('it to be asked', () => upstream.reached[0]?.received.includes('websocket'))
    plane.update({ upstream: renewed(upstream.lease) })
    upstream.reached[0]?.socket.write('HTTP/1.1 101 Hi\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst')
    await client.until('first')

    await clock.advance(5_100)

    await client.untilEnd()
    expect(await plane.drained()).toMatchObject({ requests: { open: 1, finished: 1 }, tunnels: { open: 1, idle: 1 } })
  })

  it('that there is none of has work wait no longer than it may', async () => {
    const { clock, plane } = await start(replying(ok))
    plane.update({ upstream: upstreamAt(null), isExpected: true })
    const clients = [get, connect].map((request) => new RawClient(plane.port).send(request))
    await until('both to wait', () => plane.traffic().requests === 2)

    await clock.advance(1_100)

    expect(await Promise.all(clients.map((client) => client.status()))).toEqual([503, 503])
  })
})
