import { afterEach, describe, expect, it } from 'vitest'

import { RawClient, type Plane, type RawServer } from './support/data-plane.ts'
import { expectNoHandleLeft } from './support/handles.ts'
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

const replyAndEnd =
  (text: string): Deed =>
  (socket) =>
    void socket.once('data', () => socket.end(text))

describe('an upstream that', () => {
  it.each([
    ['closes at once', (socket: Parameters<Deed>[0]) => void socket.destroy(), 502],
    ['closes after the first byte', replyAndEnd('H'), 502],
    [
      'answers with 407',
      reply('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n'),
      502,
    ],
    ['answers with a header of 1 MB', reply(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(1024 * 1024)}\r\n\r\n`), 502],
    ['answers with garbage', reply('\x00\x01\x02 what\r\n\r\n'), 502],
    [
      'answers with a control character in its reason',
      reply('HTTP/1.1 200 O\x01K\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n'),
      502,
    ],
    ['switches protocols unasked', reply('HTTP/1.1 101 Hi\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'), 502],
  ])('%s gives 502 to both kinds of request', async (_, first, status) => {
    await behaving(first)
    // The first of the two meets it; a GET is asked again where that can do no harm, so that is a POST.
    const plain = new RawClient(plane.port).send(get.replace('GET', 'POST'))
    expect(await plain.status()).toBe(status)
    await plane.stop()
    await upstream.stop()

    await behaving(first)
    const tunnel = new RawClient(plane.port).send(connect)
    expect(await tunnel.status()).toBe(status)
    await tunnel.untilEnd()
    await untilInOrder(plane)
  })

  it('answers with two lengths gives 502, except to CONNECT, where lengths mean nothing (RFC 9110, 9.3.6)', async () => {
    const twoLengths = reply('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok')
    await behaving(twoLengths)
    const plain = new RawClient(plane.port).send(get)
    expect(await plain.status()).toBe(502)
    await plane.stop()
    await upstream.stop()

    await behaving(twoLengths)
    const tunnel = new RawClient(plane.port).send(connect)
    await tunnel.until('Connection established\r\n\r\nok')
    tunnel.socket.destroy()
    await untilInOrder(plane)
  })

  it('answers CONNECT with 500 and HTML passes the status on, with our own text', async () => {
    await behaving(reply('HTTP/1.1 500 Oops\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n<h1>x</h1'))
    const client = new RawClient(plane.port).send(connect)

    expect(await client.untilEnd()).toMatch(/^HTTP\/1.1 500 [^]*refused this target \(it answered 500\)/)
    await untilInOrder(plane)
  })

  it('answers CONNECT with 200 and a first piece loses none of it', async () => {
    await behaving(reply(`${established}hello`))
    const client = new RawClient(plane.port).send(connect)

    await client.until('Connection established\r\n\r\nhello')
    client.socket.destroy()
    await untilInOrder(plane)
  })

  it('sends its answer one byte at a time is waited for', async () => {
    const answer = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'
    await behaving((socket) => {
      socket.once('data', () => {
        let at = 0
        const timer = setInterval(() => {
          socket.write(answer[at++] ?? '')
          if (at >= answer.length) clearInterval(timer)
        }, 1)
      })
    })
    const client = new RawClient(plane.port).send(get)

    expect(await client.until('0\r\n\r\n')).toBe(answer)
    client.socket.destroy()
    await untilInOrder(plane)
  })

  it('resets in the middle of an answer is passed on as far as it came: its length tells that it is short', async () => {
    await behaving((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')
        setTimeout(() => socket.resetAndDestroy(), 20)
      })
    })
    const client = new RawClient(plane.port).send(get)

    expect(await client.untilEnd()).toMatch(/half$/)
    await until('the connection to end', () => plane.traffic().connections === 0)
    await untilInOrder(plane)
  })

  it('refuses connections gives 502', async () => {
    await behaving(() => {})
    const { port } = upstream
    await upstream.stop()
    const plain = new RawClient(plane.port).send(get)
    const tunnel = new RawClient(plane.port).send(connect)

    expect([await plain.status(), await tunnel.status()]).toEqual([502, 502])
    expect(plain.received).toMatch(/can't be reached \(ECONNREFUSED\)/)
    expect(port).toBeGreaterThan(0)
  })

  it('accepts and says nothing: the client can leave, and nothing stays behind', async () => {
    await behaving(() => {})
    const tunnel = new RawClient(plane.port).send(connect)
    await until('the upstream to be asked', () => upstream.received.includes('CONNECT'))

    tunnel.socket.destroy()

    await until('the connection to end', () => plane.traffic().connections === 0)
    await until(
      'the upstream connection to end',
      () => upstream.connections[0]?.destroyed ?? upstream.connections[0]?.readableEnded,
    )
    await untilInOrder(plane)
  })
})
