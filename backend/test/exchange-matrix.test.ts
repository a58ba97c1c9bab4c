import { describe, expect, it } from 'vitest'

import { authorization, RawClient } from './support/data-plane.ts'
import { expectNoHandleLeft } from './support/handles.ts'
import { ManualClock } from './support/manual-clock.ts'
import { until } from './support/until.ts'
import { expectBytes, startOver, stopAfterEach, upstreamKinds, type Script } from './support/upstream-kinds.ts'

expectNoHandleLeft()
stopAfterEach()

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const ask = (method: string, path = '/', fields = '') =>
  `${method} http://a.test${path} HTTP/1.1\r\nHost: a.test\r\n${authorization}${fields}\r\n`
const get = ask('GET')
const half = 'x'.repeat(500_000)

/** begins answers the first thing that comes with this and goes on with the rest. */
const begins =
  (text: string, goOn: (reached: Parameters<Script>[0]) => void): Script =>
  (reached) =>
    void reached.socket.once('data', () => reached.socket.write(Buffer.from(text, 'latin1'), () => goOn(reached)))

describe.each(upstreamKinds)('through an upstream of $name', (kind) => {
  const start = async (script: Script) => {
    const clock = new ManualClock()
    const { plane, upstream } = await startOver(kind, script, { clock })
    const origin = () => upstream.reached[0]?.received ?? ''
    return { clock, plane, upstream, origin, client: new RawClient(plane.port) }
  }

  it('a body that waits for 100-continue is sent when that has come', async () => {
    const { client, origin } = await start(({ socket }) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 100 Continue\r\n\r\n')
        socket.once('data', () => socket.write(`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok}`))
      })
    })
    client.send(ask('PUT', '/', 'Expect: 100-continue\r\nContent-Length: 4\r\n'))
    await client.until('100 Continue\r\n\r\n')
    expect(origin()).toMatch(/Expect: 100-continue\r\n[^]*\r\n\r\n$/)

    client.send('body')

    const interim = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'
    await expectBytes(() => client.received, interim + ok)
    expect(origin()).toMatch(/\r\n\r\nbody$/)
  })

  it('a switch of protocols loses no byte that either side sends early', async () => {
    const fields = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n'
    const switched =
      'HTTP/1.1 101 Switching\r\nSec-WebSocket-Accept: y\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
    const { client, origin, plane } = await start(({ socket }) => {
      socket.once('data', () => {
        socket.write(`${switched}first`)
        socket.on('data', (chunk: Buffer) => socket.write(`<${chunk.toString()}>`))
      })
    })

    client.send(ask('GET', '/', fields) + 'early')

    await expectBytes(() => client.received, `${switched}first<early>`)
    expect(origin()).toMatch(/\r\nSec-WebSocket-Key: x\r\n(?:Proxy-[^]*)?\r\nearly$/)
    expect(origin()).toContain('Connection: Upgrade\r\nUpgrade: websocket\r\n')
    expect(plane.traffic().tunnels).toBe(1)
  })

  it('requests that come all at once are served in order', async () => {
    const { client, upstream } = await start(({ socket }) => {
      let received = ''
      socket.on('data', (chunk: Buffer) => {
        received += chunk.toString('latin1')
        for (let end = received.search(/(?<=\r\n\r\n)(?!hello)|(?<=hello)/); end > 0;) {
          const path = received.split(' ')[1]?.replace('http://a.test', '') ?? ''
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`)
          received = received.slice(end)
          end = received.search(/(?<=\r\n\r\n)(?!hello)|(?<=hello)/)
        }
      })
    })

    client.send(ask('GET', '/1') + ask('POST', '/2', 'Content-Length: 5\r\n') + 'hello' + ask('GET', '/3'))

    const answer = (path: string) => `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${path}`
    await expectBytes(() => client.received, ['/1', '/2', '/3'].map(answer).join(''))
    const asked = upstream.reached.map(({ received }) => received).join('')
    expect(asked.match(/\/[123](?= HTTP)/g)?.toSorted()).toEqual(['/1', '/2', '/3'])
  })

  it('an upload and a download larger than all buffers arrive whole, at the pace of the slower side', async () => {
    const large = Buffer.alloc(8 * 1024 * 1024, 'abcdefghij')
    const { client, origin } = await start(({ socket }) => {
      let left = large.length
      socket.pause()
      setImmediate(() => socket.resume())
      socket.on('data', (chunk: Buffer) => {
        const body = chunk.indexOf('\r\n\r\n')
        left -=
          left === large.length && body !== -1 ? chunk.length - body - 4 : left === large.length ? 0 : chunk.length
        if (left > 0) return
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${large.length}\r\n\r\n`)
        socket.write(large)
      })
    })
    client.send(ask('POST', '/', `Content-Length: ${large.length}\r\n`)).send(large)
    await until('the upload', () => origin().length > large.length, 20_000)
    client.socket.pause()
    await new Promise(setImmediate)
    client.socket.resume()

    await until('the download', () => client.received.length > large.length, 20_000)

    const body = large.toString('latin1')
    expect(client.received.split('\r\n\r\n')[1] === body).toBe(true)
    expect(origin().split('\r\n\r\n')[1] === body).toBe(true)
  })

  it('thousands of requests that come at once get each its own answer', async () => {
    const { client, upstream } = await start(({ socket }) => {
      let received = ''
      socket.on('data', (data: Buffer) => {
        const heads = (received + data.toString('latin1')).split('\r\n\r\n')
        received = heads.pop() ?? ''
        for (const head of heads) {
          const path = head.split(' ')[1]?.replace('http://a.test', '') ?? ''
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`)
        }
      })
    })
    const paths = Array.from({ length: 5_000 }, (_, index) => `/${index + 10_000}`)

    client.send(paths.map((path) => ask('GET', path)).join(''))

    const answer = (path: string) => `HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n${path}`
    await expectBytes(() => client.received, paths.map(answer).join(''))
    expect(upstream.opened).toBe(1)
  })

  it('who asks on and on and reads no answer is not asked for more than he takes', async () => {
    const answer = `HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n${'x'.repeat(3_000)}`
    const { client, upstream } = await start(({ socket }) => {
      socket.on('data', (data: Buffer) => {
        for (let asked = data.toString('latin1').split('GET ').length - 1; asked > 0; asked--) socket.write(answer)
      })
    })
    const asked = () => upstream.reached.reduce((sum, { received }) => sum + received.split('GET ').length - 1, 0)
    client.socket.pause()

    client.send(get.repeat(10_000))

    let last = -1
    await until('it to be still', async () => {
      const isStill = asked() === last
      last = asked()
      await new Promise((resolve) => setTimeout(resolve, 200))
      return isStill && last > 0
    })
    // What the system buffers on the way is some megabytes.
    expect(asked()).toBeLessThan(5_000)
    client.socket.resume()
    await until('all answers', () => client.received.length === 10_000 * answer.length, 20_000)
    expect(upstream.opened).toBe(1)
  })

  it('an answer before the whole upload ends the connection behind it', async () => {
    const { client } = await start(begins('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno', () => {}))

    client.send(ask('POST', '/', 'Content-Length: 1000\r\n') + 'some')

    expect(await client.untilEnd()).toMatch(/^HTTP\/1.1 413 [^]*no$/)
  })

  it('who has ended his side gets his answer, also after 25 s', async () => {
    const { client, clock, upstream, origin } = await start(() => {})
    client.send(get).socket.end()
    await until('it to be asked', () => origin().endsWith('\r\n\r\n'))

    for (let second = 0; second < 25; second++) await clock.advance(1_000)
    upstream.reached[0]?.socket.write(ok)

    expect(await client.untilEnd()).toBe(ok)
  })

  it('who has ended his side behind two requests gets both answers', async () => {
    const { client, upstream, origin } = await start(() => {})
    client.send(get)
    await until('the first to be asked', () => origin().endsWith('\r\n\r\n'))
    client.send(ask('GET', '/second'))
    client.socket.end()
    // The plane has to have read the end before the answer comes; nothing outside tells when it has.
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)

    upstream.reached[0]?.socket.write(ok)
    await until('the second to be asked', () => origin().includes('/second'))
    upstream.reached[0]?.socket.write(ok)

    expect(await client.untilEnd()).toBe(ok + ok)
  })

  const length = 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n'
  const chunk = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nf4240\r\n`

  it.each([
    ['of a known length', length],
    ['in chunks', chunk],
  ])('an answer %s that is cut after half is delivered as far as it came, then ended', async (_, head) => {
    const { client } = await start(begins(head + half, ({ socket }) => socket.end()))

    client.send(get)

    await until('the end', () => client.hasEnded)
    expect(client.received).toHaveLength(head.length + half.length)
  })

  it.each([
    ['of a known length', length],
    ['in chunks', chunk],
  ])('an answer %s that is reset is delivered as far as it came, then ended', async (_, head) => {
    const { client, upstream } = await start(begins(`${head}half`, () => {}))
    client.send(get)
    await client.until('half')

    upstream.reached[0]?.reset()

    await until('the end', () => client.hasEnded)
    expect(client.received).toBe(`${head}half`)
  })

  it.each([
    ['that goes on until the end of the connection', get, 'HTTP/1.1 200 OK\r\n\r\n'],
    ['in chunks to HTTP/1.0', get.replace('HTTP/1.1', 'HTTP/1.0'), chunk],
  ])('an answer %s is reset where it is: half of it must not look whole', async (_, request, head) => {
    const { client, upstream } = await start(begins(`${head}half`, () => {}))
    client.send(request)
    await client.until('half')

    upstream.reached[0]?.reset()

    await until('the reset', () => client.isClosed)
    expect(client.hasEnded).toBe(false)
  })

  it('an answer without a length is whole when the connection ends in order', async () => {
    const { client } = await start(begins('HTTP/1.1 200 OK\r\n\r\nall', ({ socket }) => socket.end()))

    client.send(get)

    expect(await client.untilEnd()).toBe('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall')
    expect(client.isClosed && !client.hasEnded).toBe(false)
  })

  it.each([
    ['at its first byte', 'D', ''],
    ['as soon as it can’t be HTTP/1', 'HTTP/2', ''],
    ['behind a 100', 'HTTP/1.1 100 Continue\r\n\r\nX', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['after two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', ''],
    ['after a spoilt length', 'HTTP/1.1 200 OK\r\nContent-Length\x01: 2\r\n\r\nok', ''],
    ['after a 407, which a client would take for ours', 'HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n', ''],
    ['after a 101 that nobody asked for', 'HTTP/1.1 101 Hi\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n', ''],
  ])('nonsense instead of an answer is told %s', async (_, nonsense, before) => {
    const { client, plane } = await start(begins(nonsense, () => {}))

    client.send(get)

    await client.until('\r\n\r\nThe upstream proxy')
    expect(client.received.startsWith(`${before}HTTP/1.1 502 Bad Gateway\r\n`)).toBe(true)
    const { refused } = plane.traffic()
    expect((refused['upstream'] ?? 0) + (refused['upstream_denied'] ?? 0)).toBe(1)
  })

  it('a spoilt chunk resets an answer that has begun', async () => {
    const { client } = await start(begins(`${chunk.replace('f4240', '2')}ok\r\nzz\r\n`, () => {}))

    client.send(get)

    await until('the reset', () => client.isClosed)
    expect(client.hasEnded).toBe(false)
  })
})
