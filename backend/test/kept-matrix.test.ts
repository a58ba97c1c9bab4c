import { describe, expect, it } from 'vitest'

import { authorization, RawClient } from './support/data-plane.ts'
import { expectNoHandleLeft } from './support/handles.ts'
import { ManualClock } from './support/manual-clock.ts'
import { until } from './support/until.ts'
import { replying, startOver, stopAfterEach, upstreamKinds } from './support/upstream-kinds.ts'

expectNoHandleLeft()
stopAfterEach()

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const get = (path = '/', fields = '', site = 'a.test') =>
  `GET http://${site}${path} HTTP/1.1\r\nHost: ${site}\r\n${authorization}${fields}\r\n`
const connect = `CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n${authorization}\r\n`

/** The next answer on a connection, once it ends with this. */
async function ask(client: RawClient, request: string, end = 'ok'): Promise<string> {
  client.received = ''
  client.send(request)
  await until(`an answer that ends with ${end}`, () => client.received.endsWith(end))
  return client.received
}

describe.each(upstreamKinds)('a connection to an upstream of $name', (kind) => {
  it('is kept for the next request, through SOCKS for each origin', async () => {
    const { plane, upstream } = await startOver(kind, replying(ok))
    const client = new RawClient(plane.port)

    for (const site of ['a.test', 'a.test', 'b.test', 'a.test:8080', 'b.test', 'a.test'])
      await ask(client, get('/', '', site))

    const targets = upstream.reached.map(({ target }) => target)
    expect(targets).toEqual(kind.isSocks ? ['a.test:80', 'b.test:80', 'a.test:8080'] : [null])
  })

  it.each([
    ['ends', (client: RawClient) => void client.socket.end()],
    ['resets', (client: RawClient) => void client.socket.resetAndDestroy()],
    [
      'opens a tunnel instead and ends',
      async (client: RawClient) => {
        await ask(client, connect, '\r\n\r\n')
        client.socket.destroy()
      },
    ],
    ['visits the web site instead', (client: RawClient) => void client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')],
    ['asks nonsense', (client: RawClient) => void client.send('nonsense\r\n\r\n')],
    [
      'gives wrong credentials and leaves',
      async (client: RawClient) => {
        await ask(client, get().replace(authorization, ''), '\n')
        client.socket.end()
      },
    ],
  ])('ends when its client %s', async (_, leave) => {
    const { plane, upstream } = await startOver(kind, replying(ok))
    const client = new RawClient(plane.port)
    await ask(client, get())
    expect(upstream.sockets.size).toBe(1)

    await leave(client)

    await until('the upstream to be left', () => upstream.sockets.size === 0)
  })

  it('is left where its client is idle for too long', async () => {
    const clock = new ManualClock()
    const { plane, upstream } = await startOver(kind, replying(ok), { clock })
    await ask(new RawClient(plane.port), get())

    await clock.advance(70_000)

    await until('the upstream to be left', () => upstream.sockets.size === 0)
  })

  it('is dialled anew for a GET when it turns out to be dead, and before that for what can’t be repeated', async () => {
    const { plane, upstream } = await startOver(kind, ({ socket }, index) => {
      let asked = 0
      socket.on('data', () => {
        asked += 1
        // The first two serve one request each.
        if (index < 2 && asked === 2) socket.destroy()
        else socket.write(ok)
      })
    })
    const client = new RawClient(plane.port)
    await ask(client, get('/first'))

    await ask(client, get('/again'))

    expect(upstream.reached.map(({ received }) => received.includes('/again'))).toEqual([true, true])
    expect(await ask(client, get('/once').replace('GET', 'POST'))).toMatch(/^HTTP\/1.1 200 /)
    expect(upstream.reached.map(({ received }) => received.includes('/once'))).toEqual([false, false, true])
  })

  it('that is fresh and closes without a byte is not asked twice', async () => {
    const { plane, upstream } = await startOver(kind, ({ socket }) => socket.once('data', () => socket.destroy()))
    const client = new RawClient(plane.port).send(get())

    expect(await client.status()).toBe(502)

    expect([upstream.reached.length, upstream.opened]).toEqual([1, 1])
    expect(plane.traffic().refused).toMatchObject({ upstream: 1 })
  })

  it('that was kept and breaks off behind an early hint is not asked twice: it was alive', async () => {
    const { plane, upstream } = await startOver(kind, ({ socket }) => {
      socket.once('data', () => {
        socket.write(ok)
        socket.once('data', () => socket.end('HTTP/1.1 103 Early Hints\r\n\r\n'))
      })
    })
    const client = new RawClient(plane.port)
    await ask(client, get())

    expect(await ask(client, get(), '\n')).toMatch(/^HTTP\/1.1 103 Early Hints\r\n\r\nHTTP\/1.1 502 /)

    expect(upstream.opened).toBe(1)
  })

  it.each([
    ['both lengths', 'Content-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
    ['chunked named twice', 'Transfer-Encoding: chunked, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
    ['a coding that is none', 'Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nok'],
    ['a spoilt line', 'Content-Length : 2\r\n\r\nok'],
    ['more than its length says', 'Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'],
  ])('is not kept after an answer with %s: another reader may see another end of it', async (_, rest) => {
    const { plane, upstream } = await startOver(kind, replying(`HTTP/1.1 200 OK\r\n${rest}`))
    const client = new RawClient(plane.port).send(get())
    await client.until('ok')

    client.send(get('/', '', 'b.test'))

    await until('another connection', () => upstream.reached[1]?.received.includes('b.test'))
    expect(upstream.reached[0]?.received).not.toContain('b.test')
    expect(client.received).not.toContain('evil')
  })
})
