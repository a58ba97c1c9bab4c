import { afterEach, describe, expect, it } from 'vitest'

import {
  answering,
  authorization,
  RawClient,
  startPlane,
  startRaw,
  type Plane,
  type RawServer,
} from './support/data-plane.ts'
import { expectNoHandleLeft } from './support/handles.ts'
import { until } from './support/until.ts'

expectNoHandleLeft()

let plane: Plane
let upstream: RawServer

afterEach(async () => {
  await plane.stop()
  await upstream.stop()
})

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

async function ask(request: string, reply = ok): Promise<RawClient> {
  upstream = await answering(reply)
  plane = await startPlane(upstream.port)
  return new RawClient(plane.port).send(request)
}

const get = (fields = '', target = 'http://example.test/a?b') =>
  `GET ${target} HTTP/1.1\r\nHost: example.test\r\n${authorization}${fields}\r\n`

describe('a plain request', () => {
  it('goes on without what concerns this connection or tells of the client', async () => {
    const client = await ask(
      get(
        'Connection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nProxy-Foo: 1\r\nTE: trailers, gzip\r\nUpgrade: h2c\r\nX-Keep: yes\r\n',
      ),
    )

    await client.until('ok')

    expect(upstream.received).toBe(
      'GET http://example.test/a?b HTTP/1.1\r\nHost: example.test\r\nX-Keep: yes\r\nConnection: TE\r\nTE: trailers\r\n\r\n',
    )
  })

  it('takes the Host from the target, not from the client', async () => {
    const client = await ask(get('', 'http://real.test:8080?q').replace('Host: example.test', 'Host: other.test'))

    await client.until('ok')

    expect(upstream.received).toContain('GET http://real.test:8080/?q HTTP/1.1\r\nHost: real.test:8080\r\n')
    expect(upstream.received).not.toContain('other.test')
  })

  it('gets its answer without what concerns the upstream connection', async () => {
    const client = await ask(
      get(),
      'HTTP/1.1 200 Fine\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 2\r\n\r\nok',
    )

    expect(await client.until('ok')).toBe(
      'HTTP/1.1 200 Fine\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 2\r\n\r\nok',
    )
  })

  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n', 'Content-Length: 500\r\n\r\n'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n', 'Content-Length: 500\r\n\r\n'],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n', 'HTTP/1.1 204 No Content\r\n\r\n'],
    [
      'GET',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n',
      '0\r\nX-Sum: 1\r\n\r\n',
    ],
    ['GET', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok', '\r\n\r\nok'],
    ['GET', 'HTTP/1.1 200 OK\r\nX-Fold: a\r\n b\r\nContent-Length: 2\r\n\r\nok', 'X-Fold: a b\r\n'],
  ])('%s with the answer %j is framed right, and the connection goes on', async (method, reply, expected) => {
    const client = await ask(get().replace('GET', method), reply)

    await client.until(expected)
    client.received = ''
    client.send(get().replace('GET', method))

    await client.until(expected)
    expect(upstream.connections).toHaveLength(1)
  })

  it.each([
    [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n0\r\n\r\n',
      'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nok\n0\n\n', '2\r\nok\r\n0\r\n\r\n'],
    [
      'HTTP/1.1 103 Hints\r\nLink : </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      'Content-Length: 2\r\n\r\nok',
    ],
  ])(
    'with the careless answer %j is framed right, and the upstream is asked on a new connection',
    async (reply, expected) => {
      const client = await ask(get(), reply)

      await client.until(expected)
      client.received = ''
      client.send(get())

      await client.until(expected)
      expect(upstream.connections).toHaveLength(2)
    },
  )

  it('whose answer ends with the connection is passed whole and closed', async () => {
    upstream = await startRaw((socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end')))
    plane = await startPlane(upstream.port)
    const client = new RawClient(plane.port).send(get())

    expect(await client.untilEnd()).toBe('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end')
  })

  it('with a body in chunks and trailers passes as it is', async () => {
    const body = '5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n'
    const client = await ask(
      `POST http://example.test/ HTTP/1.1\r\nHost: a\r\n${authorization}Transfer-Encoding: chunked\r\n\r\n${body}`,
    )

    await client.until('ok')
    expect(upstream.received).toContain(`Transfer-Encoding: chunked\r\n\r\n${body}`)
  })

  it('that expects 100-continue gets it before it sends its body', async () => {
    upstream = await startRaw((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 100 Continue\r\n\r\n')
        socket.once('data', () => socket.write(ok))
      })
    })
    plane = await startPlane(upstream.port)
    const client = new RawClient(plane.port)
    client.send(
      `PUT http://example.test/ HTTP/1.1\r\nHost: a\r\n${authorization}Expect: 100-continue\r\nContent-Length: 4\r\n\r\n`,
    )

    await client.until('HTTP/1.1 100 Continue\r\n\r\n')
    client.send('body')

    await client.until('ok')
    expect(upstream.received).toMatch(/Expect: 100-continue[^]*body$/)
  })

  it('that upgrades to WebSocket becomes a tunnel', async () => {
    upstream = await startRaw((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst')
        socket.on('data', (chunk: Buffer) => socket.write(`echo ${chunk.toString()}`))
      })
    })
    plane = await startPlane(upstream.port)
    const client = new RawClient(plane.port).send(get('Connection: Upgrade\r\nUpgrade: websocket\r\n'))

    await client.until('Upgrade: websocket\r\n\r\nfirst')
    client.send('frame')

    await client.until('echo frame')
    expect(upstream.received).toContain('Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  })

  it('may come with the next one behind it: answers come in order', async () => {
    const client = await ask(get() + get('', 'http://example.test/second'))

    await until('two answers', () => client.received.split('ok').length === 3)

    expect(upstream.received.indexOf('/second')).toBeGreaterThan(upstream.received.indexOf('/a?b'))
  })

  it('of HTTP/1.0 is answered and closed, or kept where it asks for that', async () => {
    const client = await ask(get().replace('HTTP/1.1', 'HTTP/1.0'))
    expect(await client.untilEnd()).toContain('Connection: close\r\n\r\nok')

    const keeping = new RawClient(plane.port).send(get('Connection: keep-alive\r\n').replace('HTTP/1.1', 'HTTP/1.0'))
    await keeping.until('Connection: keep-alive\r\n\r\nok')
    keeping.socket.destroy()
  })

  it('is asked again on a fresh connection when the kept one turns out to be dead', async () => {
    let count = 0
    upstream = await startRaw((socket) => {
      socket.on('data', () => {
        count += 1
        if (count === 2) socket.destroy()
        else socket.write(ok)
      })
    })
    plane = await startPlane(upstream.port)
    const client = new RawClient(plane.port).send(get())
    await client.until('ok')
    client.received = ''

    client.send(get())

    await client.until('ok')
    expect(upstream.connections).toHaveLength(2)
  })

  it('that may have been carried out is not asked again', async () => {
    upstream = await startRaw((socket) => socket.on('data', () => socket.destroy()))
    plane = await startPlane(upstream.port)
    const client = new RawClient(plane.port)
    client.send(`POST http://example.test/ HTTP/1.1\r\nHost: a\r\n${authorization}Content-Length: 4\r\n\r\nbody`)

    expect(await client.status()).toBe(502)
    expect(upstream.connections).toHaveLength(1)
  })
})

describe('a request that is refused, and the next one that works', () => {
  const head = (line: string, fields = '') => `${line}\r\nHost: a\r\n${authorization}${fields}\r\n`

  it.each([
    ['both lengths', head('POST http://a/ HTTP/1.1', 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n'), 400],
    ['two different lengths', head('POST http://a/ HTTP/1.1', 'Content-Length: 3\r\nContent-Length: 4\r\n'), 400],
    ['a length that is none', head('POST http://a/ HTTP/1.1', 'Content-Length: +3\r\n'), 400],
    // RFC 9112, 6.1: it is known what it means, only not here.
    ['another transfer coding', head('POST http://a/ HTTP/1.1', 'Transfer-Encoding: gzip, chunked\r\n'), 501],
    ['a folded line', head('GET http://a/ HTTP/1.1', 'X: a\r\n b\r\n'), 400],
    ['a bare LF', 'GET http://a/ HTTP/1.1\nHost: a\n\n', 400],
    ['a bare CR', head('GET http://a/ HTTP/1.1', 'X: a\rb\r\n'), 400],
    ['a NUL', head('GET http://a/ HTTP/1.1', 'X: a\0b\r\n'), 400],
    ['a space before the colon', head('GET http://a/ HTTP/1.1', 'X : a\r\n'), 400],
    ['two Hosts', head('GET http://a/ HTTP/1.1', 'Host: b\r\n'), 400],
    ['a bad chunk', head('POST http://a/ HTTP/1.1', 'Transfer-Encoding: chunked\r\n') + 'zz\r\n', 400],
    [
      'a chunk that is longer than it says',
      head('POST http://a/ HTTP/1.1', 'Transfer-Encoding: chunked\r\n') + '1\r\nab\r\n',
      400,
    ],
    [
      'a trailer that lies about the length',
      head('POST http://a/ HTTP/1.1', 'Transfer-Encoding: chunked\r\n') + '0\r\nContent-Length: 5\r\n\r\n',
      400,
    ],
    ['HTTP/2.0 in the line', head('GET http://a/ HTTP/2.0'), 505],
    ['no version', 'GET http://a/\r\n\r\n', 400],
    ['garbage', '\x16\x03\x01\x02\x00\x01\r\n\r\n', 400],
    ['https as absolute form', head('GET https://a/ HTTP/1.1'), 400],
    ['no form at all', head('GET ? HTTP/1.1'), 400],
    ['user info in the URL', head('GET http://u:p@a/ HTTP/1.1'), 400],
    ['port 0 in the URL', head('GET http://a:0/ HTTP/1.1'), 400],
    ['a port over 65535', head('GET http://a:65536/ HTTP/1.1'), 400],
    ['CONNECT without a port', head('CONNECT a HTTP/1.1'), 400],
    ['CONNECT to port 0', head('CONNECT a:0 HTTP/1.1'), 400],
    ['CONNECT to port 65536', head('CONNECT a:65536 HTTP/1.1'), 400],
    ['CONNECT with user info', head('CONNECT u@a:80 HTTP/1.1'), 400],
    ['CONNECT with a body', head('CONNECT a:80 HTTP/1.1', 'Content-Length: 5\r\n'), 400],
    ['a head of 40 KB', head('GET http://a/ HTTP/1.1', `X: ${'x'.repeat(40_000)}\r\n`), 431],
    ['an endless head', `GET http://a/ HTTP/1.1\r\nX: ${'x'.repeat(40_000)}`, 431],
  ])('%s', async (_, request, status) => {
    const client = await ask(request)

    expect(await client.status()).toBe(status)
    await client.untilEnd()

    expect(upstream.received).not.toMatch(/ab|zz/)
    const next = new RawClient(plane.port).send(get())
    await next.until('ok')
  })
})
