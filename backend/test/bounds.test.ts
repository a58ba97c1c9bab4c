import type { Socket } from 'node:net'

import { afterEach, describe, expect, it } from 'vitest'

import { RawClient, startPlane, startRaw, upstreamAt, type Plane, type RawServer } from './support/data-plane.ts'
import { expectNoHandleLeft } from './support/handles.ts'
import { ManualClock } from './support/manual-clock.ts'
import { connect, established, get, reply, startMisbehaving, untilInOrder, type Deed } from './support/misbehaving.ts'
import { until } from './support/until.ts'

expectNoHandleLeft()

let plane: Plane
let upstream: RawServer

afterEach(async () => {
  await plane.stop()
  await upstream.stop()
})

async function behaving(first: Deed): Promise<void> {
  ;({ plane, upstream } = await startMisbehaving(first))
}

describe('a client that', () => {
  it.each([
    ['resets', (client: RawClient) => client.socket.resetAndDestroy()],
    ['closes', (client: RawClient) => client.socket.destroy()],
  ])('%s in a tunnel leaves nothing behind', async (_, leave) => {
    await behaving(reply(established))
    const client = new RawClient(plane.port).send(connect)
    await client.until('established')

    leave(client)

    await until('the end', () => plane.traffic().tunnels === 0)
    await untilInOrder(plane)
  })

  it('half-closes a tunnel still gets the answer', async () => {
    await behaving((socket) => {
      socket.once('data', () => socket.write(established))
      socket.on('end', () => socket.end('answer after the end'))
    })
    const client = new RawClient(plane.port).send(connect)
    await client.until('established')

    client.socket.end('question')

    expect(await client.untilEnd()).toMatch(/answer after the end$/)
    expect(upstream.received).toMatch(/question$/)
    await untilInOrder(plane)
  })

  it('half-closes after a plain request still gets the answer', async () => {
    await behaving((socket) => {
      socket.once('data', () => setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate'), 50))
    })
    const client = new RawClient(plane.port).send(get)
    client.socket.end()

    await client.until('late')
    await until('the end', () => plane.traffic().connections === 0)
    await untilInOrder(plane)
  })

  it('sends early data with CONNECT loses none of it', async () => {
    await behaving(reply(established))
    const client = new RawClient(plane.port).send(`${connect}early data`)
    await client.until('established')

    await until('the early data', () => upstream.received.endsWith('early data'))
    client.socket.destroy()
  })

  it('stops reading holds the upstream back: what is buffered stays small', async () => {
    const chunk = Buffer.alloc(1024 * 1024)
    let sent = 0
    await behaving((socket) => {
      socket.once('data', () => {
        socket.write(established)
        const push = () => {
          if (sent >= 1024) return
          sent += 1
          if (socket.write(chunk)) setImmediate(push)
          else socket.once('drain', push)
        }
        push()
      })
    })
    const client = new RawClient(plane.port).send(connect)
    client.socket.pause()
    const before = process.memoryUsage.rss()
    let last = -1
    await until('the upstream to be stopped', async () => {
      const isStill = sent === last
      last = sent
      await new Promise((resolve) => setTimeout(resolve, 300))
      return isStill && sent > 0
    })

    expect(sent).toBeLessThan(200)
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 * 1024 * 1024)
    client.socket.destroy()
    await until('the end', () => plane.traffic().connections === 0)
  })
})

describe('bounds', () => {
  it('end a silent client, a slow head and an idle kept-alive connection', async () => {
    const clock = new ManualClock()
    upstream = await startRaw((socket) =>
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine')),
    )
    plane = await startPlane(upstream.port, { clock })
    const silent = new RawClient(plane.port)
    const slow = new RawClient(plane.port).send('GET http://a')
    const idle = new RawClient(plane.port).send(get)
    await idle.until('fine')
    await until('all to be accepted', () => plane.traffic().connections === 3)

    await clock.advance(11_000)

    expect(await slow.status()).toBe(408)
    // Who has asked nothing is told nothing.
    expect(await silent.untilEnd()).toBe('')
    expect(idle.hasEnded).toBe(false)
    await clock.advance(60_000)
    expect(await idle.untilEnd()).toMatch(/fine$/)
    expect(plane.traffic().refused).toMatchObject({ head_too_slow: 2 })
  })

  it('end a plain request whose client has left, but not one whose answer flows', async () => {
    const clock = new ManualClock()
    let flowing: Socket | undefined
    upstream = await startRaw((socket) => {
      socket.once('data', (chunk: Buffer) => {
        if (!chunk.includes('/flow')) return
        flowing = socket
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nfirst')
      })
    })
    plane = await startPlane(upstream.port, { clock })
    const left = new RawClient(plane.port).send(get)
    const reading = new RawClient(plane.port).send(get.replace('http://a.test/', 'http://a.test/flow'))
    await reading.until('first')
    await until(
      'both to be asked',
      () => upstream.connections.length === 2 && upstream.received.split('GET').length === 3,
    )
    // It may only have ended its side, and still wait for its answer.
    left.socket.end()
    await clock.advance(30_000)
    expect(plane.traffic().connections).toBe(2)

    for (let minute = 0; minute < 5; minute++) {
      await clock.advance(300_000)
      const seen = reading.received.length
      flowing?.write('.')
      await until('the next piece', () => reading.received.length > seen)
    }
    expect(reading.isClosed).toBe(false)
    await clock.advance(1_300_000)
    await until('the silent ones to end', () => plane.traffic().connections === 0)
  })

  it('close a tunnel through which nothing goes', async () => {
    const clock = new ManualClock()
    upstream = await startRaw((socket) => socket.once('data', () => socket.write(established)))
    const limits = { holdMs: 0, drainMs: 0, idleDrainMs: 20, tunnelIdleMs: 60_000 }
    plane = await startPlane(upstream.port, { route: { limits }, clock })
    const client = new RawClient(plane.port).send(connect)
    await client.until('established')
    await clock.advance(50_000)
    client.send('still here')
    await until('it to arrive', () => upstream.received.endsWith('still here'))
    await clock.advance(50_000)
    expect(client.hasEnded).toBe(false)

    await clock.advance(20_000)

    await client.untilEnd()
  })

  it('turn away the connections of one client beyond a thousand, and let others in', async () => {
    await behaving((socket) =>
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine')),
    )
    const many = Array.from({ length: 1_000 }, () => new RawClient(plane.port).send(get))
    await until('all to be served', () => many.every(({ received }) => received.endsWith('fine')))

    const more = new RawClient(plane.port).send(get)

    expect(await more.status()).toBe(429)
    for (const client of many) client.socket.destroy()
    await until('all to end', () => plane.traffic().connections === 0)
    expect(plane.traffic().refused['too_many_connections']).toBe(1)
  })
})

describe('work without an upstream', () => {
  it('waits for one that can be expected', async () => {
    await behaving(reply('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine'))
    plane.update({ upstream: upstreamAt(null), isExpected: true })
    const plain = new RawClient(plane.port).send(get)
    const tunnel = new RawClient(plane.port).send(connect)
    await until('both to be there', () => plane.traffic().requests === 2)

    plane.update({ upstream: upstreamAt(upstream.port) })

    expect([await plain.status(), await tunnel.status()]).toEqual([200, 200])
  })

  it('is told to come back when none came in time, at once when none can be expected', async () => {
    const clock = new ManualClock()
    upstream = await startRaw(() => {})
    plane = await startPlane(null, { route: { isExpected: true }, clock })
    const waiting = new RawClient(plane.port).send(get)
    await until('it to wait', () => plane.traffic().requests === 1)
    await clock.advance(1_500)
    expect(await waiting.status()).toBe(503)
    expect(waiting.received).toMatch(/Retry-After: 10\r\n[^]*proxy1: it has no upstream now. Try again in 10 s\./)

    plane.update({ isExpected: false })
    const hopeless = new RawClient(plane.port).send(get)
    expect(await hopeless.status()).toBe(503)
  })

  it('that fails on an upstream which is being replaced waits for the next one', async () => {
    await behaving(reply('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine'))
    const dead = await startRaw((socket) => socket.destroy())
    plane.update({ upstream: upstreamAt(dead.port), isRotating: true })
    const tunnel = new RawClient(plane.port).send(connect)
    await until('it to fail there', () => dead.connections.length > 0)

    plane.update({ upstream: upstreamAt(upstream.port), isRotating: false })

    expect(await tunnel.status()).toBe(200)
    await dead.stop()
  })
})
