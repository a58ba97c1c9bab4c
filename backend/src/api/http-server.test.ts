import { createHook } from 'node:async_hooks'
import { createServer, type AddressInfo, type Socket } from 'node:net'

import { afterEach, describe, expect, it } from 'vitest'

import { RawClient } from '../../test/support/data-plane.ts'
import { expectNoHandleLeft } from '../../test/support/handles.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { until } from '../../test/support/until.ts'
import { createSiteServer, type SiteServer, type TimeLimits } from './http-server.ts'

expectNoHandleLeft()

const origin = { clientAddress: '127.0.0.1', isSecure: false, endpoint: null, admit: () => {} }
const get = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
const long: TimeLimits = {
  headersTimeout: 60_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 60_000,
  connectionsCheckingInterval: 20,
}

const ends: (() => void)[] = []

afterEach(() => {
  for (const end of ends.splice(0)) end()
})

const echo = async (request: Request) => new Response(`got ${await request.text()}.`)

/** A port whose connections a site server gets as soon as something came. */
async function open(
  limits: Partial<TimeLimits> = {},
  fetch: (request: Request) => Promise<Response> = echo,
): Promise<{ server: SiteServer; connect: () => RawClient; sockets: Socket[] }> {
  const server = createSiteServer({ fetch }, { ...long, ...limits }, new ManualClock())
  const sockets: Socket[] = []
  const listening = createServer((socket) => {
    sockets.push(socket)
    socket.once('data', (bytes: Buffer) => server.receive(socket, bytes, origin))
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  ends.push(
    () => listening.close(),
    () => server.stop(),
  )
  const { port } = listening.address() as AddressInfo
  return { server, connect: () => new RawClient(port), sockets }
}

it.each<[string, Partial<TimeLimits>, string]>([
  ['a head that stops', { headersTimeout: 100 }, 'GET / HTTP/1.1\r\nHost: x\r\n'],
  [
    'a body of which 3 bytes came',
    { headersTimeout: 100, requestTimeout: 100 },
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\na=b',
  ],
])('ends a connection that it was given for %s, also of a later request', async (_, limits, bytes) => {
  const { connect } = await open(limits)

  const first = connect().send(bytes)
  const second = connect().send(get)
  await second.until('got')
  second.send(bytes)

  expect(await first.untilEnd()).toMatch(/^HTTP\/1.1 408 /)
  expect(await second.untilEnd()).toMatch(/^HTTP\/1.1 200 [^]*HTTP\/1.1 408 /)
})

it('lets an answer take longer than a request may', async () => {
  let answer: (response: Response) => void = () => {}
  const late = new Promise<Response>((resolve) => (answer = resolve))
  const { connect } = await open({ headersTimeout: 50, requestTimeout: 50 }, async () => await late)
  const client = connect().send(get)
  const slower = connect().send('GET / HTTP/1.1\r\n')

  await slower.untilEnd()
  answer(new Response('at last'))

  await client.until('at last')
})

describe('a request that is answered before all of it came', () => {
  const mebibyte = 1024 * 1024
  const refuse = async () => new Response('not this', { status: 413 })

  it.each(['POST', 'GET', 'PUT'])(
    'by %s gets the answer, is read no further than all may be, and ends',
    async (method) => {
      const { connect, sockets } = await open({}, refuse)
      const piece = Buffer.alloc(4 * mebibyte)
      const clients = Array.from({ length: 8 }, () =>
        connect().send(`${method} / HTTP/1.1\r\nHost: x\r\nContent-Length: 300000000\r\n\r\n`).send(piece),
      )

      for (const client of clients) await client.until('not this')
      for (const client of clients) await client.untilEnd()

      const read = sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0)
      // What was on its way in each when the reading ended is more.
      expect(read).toBeLessThan(5 * mebibyte)
    },
  )

  it('keeps its connection where the rest soon comes', async () => {
    const { connect } = await open({}, async () => new Response('early'))
    const client = connect().send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345')
    await client.until('early')

    client.send(`67890${get}`)

    await until('the second answer', () => client.received.split('early').length === 3)
    client.socket.destroy()
  })
})

it('ends its connections when it is stopped, and closes what still comes', async () => {
  const { server, connect } = await open()
  const idle = connect().send(get)
  await idle.until('got')
  const unfinished = connect().send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\na=b')
  const endless = connect().send('POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n')
  await endless.until('100 Continue')

  server.stop()

  const late = connect().send(get)
  for (const client of [idle, unfinished, endless, late]) await client.untilEnd()
})

it('leaves no timer when it is stopped, not even one that would let the process end', async () => {
  const alive = new Set<number>()
  let isMaking = true
  const hook = createHook({
    init: (id, type) => void (isMaking && type === 'Timeout' && alive.add(id)),
    destroy: (id) => void alive.delete(id),
  }).enable()
  const server = createSiteServer({ fetch: echo })
  isMaking = false
  expect(alive.size).toBe(1)

  server.stop()

  await until('the timer to be gone', () => alive.size === 0)
  hook.disable()
})
