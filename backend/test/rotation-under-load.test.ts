import { createHash, randomBytes } from 'node:crypto'
import { Agent, createServer, request, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'

import { setTimeout as delay } from 'node:timers/promises'

import { afterAll, beforeAll, expect, it } from 'vitest'

import { Exit } from '../simulator/exit.ts'
import { Network } from '../simulator/network.ts'
import { authorization, leaseAt, startPlane, type Plane } from './support/data-plane.ts'
import { until } from './support/until.ts'

/*
 * Fifty clients work without a pause while the upstream is replaced again and again and the old one killed at once. The
 * origin tells each of them which exit it came from.
 */

const rotations = 200
const network = new Network()
let origin: Server
let plane: Plane
let exit: Exit
let exits = 0
const run = { isOver: false }
/** When each exit began to be the present one, by its address, and when it was replaced. */
const replacedAt = new Map<string, number>()
const failures: string[] = []
const counts: Record<string, number> = {}

beforeAll(async () => {
  origin = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
    const address = network.exitOf(incoming.socket)
    if (incoming.url === '/long') return stream(response, address)
    response.end(address)
  })
  origin.on('upgrade', (incoming: { headers: Record<string, string> }, socket: Socket) =>
    acceptWebSocket(incoming.headers, socket),
  )
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve))
  network.originPort = (origin.address() as AddressInfo).port
  exit = await newExit()
  plane = await startPlane(null, {
    route: {
      upstream: upstreamOf(exit),
      limits: { holdMs: 5_000, drainMs: 2_000, idleDrainMs: 300, tunnelIdleMs: 60_000 },
    },
  })
})

afterAll(async () => {
  await plane.stop()
  exit.kill()
  origin.closeAllConnections()
  await new Promise((resolve) => origin.close(resolve))
})

async function newExit(): Promise<Exit> {
  exits += 1
  const made = new Exit(`127.40.${exits >> 8}.${exits & 255}`, network, () => true)
  await made.start()
  return made
}

const upstreamOf = (of: Exit) => leaseAt(of.bound, of.httpPort)

function stream(
  response: {
    write: (text: string) => void
    end: (text: string) => void
    on: (event: 'close', job: () => void) => void
  },
  address: string,
): void {
  let pieces = 0
  const timer = setInterval(() => {
    pieces += 1
    if (pieces < 10) return response.write('.'.repeat(1000))
    clearInterval(timer)
    response.end(address)
  }, 20)
  response.on('close', () => clearInterval(timer))
}

function acceptWebSocket(headers: Record<string, string>, socket: Socket): void {
  const accept = createHash('sha1')
    .update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  const address = network.exitOf(socket)
  socket.on('error', () => {})
  socket.on('end', () => socket.end())
  socket.on('data', () => socket.write(`${address}\n`))
}

/** One piece of work: when it began, and which exit it left through. A failure counts when it began after the rotation. */
async function work(kind: string, job: () => Promise<string>): Promise<void> {
  const startedAt = performance.now()
  const upstream = exit.address
  try {
    const address = await job()
    counts[kind] = (counts[kind] ?? 0) + 1
    const replaced = replacedAt.get(address)
    if (replaced !== undefined && replaced < startedAt)
      failures.push(`${kind} left through ${address}, which was replaced before`)
  } catch (error) {
    // Work that was under way on an exit that was killed may fail; work that began after must not.
    const killed = replacedAt.get(upstream)
    const wasUnderWay = killed !== undefined && killed >= startedAt
    if (!wasUnderWay && !run.isOver) failures.push(`${kind} failed: ${String(error)}`)
  }
}

async function plainClient(): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  while (!run.isOver) {
    await work('plain', () => get(agent, '/'))
    await delay(5)
  }
  agent.destroy()
}

async function downloadClient(): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  while (!run.isOver)
    await work(
      'download',
      async () => (await get(agent, '/long')).replaceAll('.0', '.0').split('....').at(-1)?.replace(/^\.+/, '') ?? '',
    )
  agent.destroy()
}

function get(agent: Agent, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      host: 'origin.test',
      'proxy-authorization': `Basic ${Buffer.from('proxy1:token').toString('base64')}`,
    }
    const outgoing = request(
      { agent, port: plane.port, host: '127.0.0.1', path: `http://origin.test${path}`, headers },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('end', () =>
          response.statusCode === 200 ? resolve(text) : reject(new Error(`${response.statusCode} ${text}`)),
        )
        response.on('error', reject)
      },
    )
    outgoing.on('error', reject)
    outgoing.end()
  })
}

/** A connection that asks again and again, as long as it lives; each new one and each question is a piece of work. */
async function talkingClient(kind: string, open: () => Promise<Talk>, question: string, answer: RegExp): Promise<void> {
  while (!run.isOver) {
    const talks: Talk[] = []
    await work(kind, async () => {
      const talk = await open()
      talks.push(talk)
      return await talk.ask(question, answer)
    })
    const [talk] = talks
    if (talk) await keepAsking(kind, talk, question, answer)
    talk?.socket.destroy()
  }
}

async function keepAsking(kind: string, talk: Talk, question: string, answer: RegExp): Promise<void> {
  if (run.isOver || talk.isOver) return
  await askAgain(kind, talk, question, answer)
  await keepAsking(kind, talk, question, answer)
}

async function askAgain(kind: string, talk: Talk, question: string, answer: RegExp): Promise<void> {
  await delay(5)
  if (talk.isOver) return
  try {
    await talk.ask(question, answer)
    counts[kind] = (counts[kind] ?? 0) + 1
  } catch {
    // A kept connection whose exit was killed has ended; its client opens another, which must work.
  }
}

class Talk {
  readonly socket: Socket
  isOver = false
  #text = ''
  #wake = () => {}

  constructor(socket: Socket) {
    this.socket = socket
    const end = () => {
      this.isOver = true
      this.#wake()
    }
    socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1')
      this.#wake()
    })
    socket.on('error', end).on('end', end).on('close', end)
  }

  async ask(question: string | Buffer, answer: RegExp): Promise<string> {
    this.#text = ''
    this.socket.write(question)
    for (;;) {
      const match = answer.exec(this.#text)
      if (match) return match[1] ?? ''
      if (this.isOver) throw new Error(`ended with ${JSON.stringify(this.#text)}`)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}

const openConnection = () =>
  new Promise<Talk>((resolve, reject) => {
    const socket = connect(plane.port, '127.0.0.1', () => resolve(new Talk(socket)))
    socket.once('error', reject)
  })

async function openTunnel(): Promise<Talk> {
  const talk = await openConnection()
  await talk.ask(
    `CONNECT origin.test:80 HTTP/1.1\r\nHost: origin.test:80\r\n${authorization}\r\n`,
    /^HTTP\/1.1 200 [^]*\r\n\r\n/,
  )
  return talk
}

/* oxlint-disable no-control-regex -- SOCKS answers are made of control characters */
async function openSocks(): Promise<Talk> {
  const talk = await openConnection()
  await talk.ask(Buffer.from([5, 1, 2]), /^\u0005\u0002/)
  await talk.ask(Buffer.from('\x01\x06proxy1\x05token', 'latin1'), /^\x01\x00/)
  await talk.ask(
    Buffer.concat([Buffer.from([5, 1, 0, 3, 11]), Buffer.from('origin.test'), Buffer.from([0, 80])]),
    /^\x05\x00[^]{8}/,
  )
  return talk
}

async function openWebSocket(): Promise<Talk> {
  const talk = await openConnection()
  const key = randomBytes(16).toString('base64')
  await talk.ask(
    `GET http://origin.test/ws HTTP/1.1\r\nHost: origin.test\r\n${authorization}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    /^HTTP\/1.1 101 [^]*\r\n\r\n/,
  )
  return talk
}

const httpQuestion = 'GET / HTTP/1.1\r\nHost: origin.test\r\n\r\n'
const httpAnswer = /\r\n\r\n(127\.[\d.]+)$/

it('fails no request that began after a rotation, and lets none leave through an old exit', async () => {
  const clients = [
    ...Array.from({ length: 10 }, () => plainClient()),
    ...Array.from({ length: 10 }, () => downloadClient()),
    ...Array.from({ length: 10 }, () => talkingClient('tunnel', openTunnel, httpQuestion, httpAnswer)),
    ...Array.from({ length: 10 }, () => talkingClient('socks', openSocks, httpQuestion, httpAnswer)),
    ...Array.from({ length: 10 }, () => talkingClient('websocket', openWebSocket, 'ping', /(127\.[\d.]+)\n/)),
  ]

  for (let count = 0; count < rotations; count++) {
    const old = exit
    plane.update({ isRotating: true })
    const next = await newExit()
    exit = next
    replacedAt.set(old.address, performance.now())
    plane.update({ upstream: upstreamOf(next), isRotating: false })
    old.kill()
    await delay(count % 10 === 0 ? 500 : 40)
  }
  run.isOver = true
  await Promise.all(clients)

  expect([...new Set(failures)]).toEqual([])
  for (const kind of ['plain', 'download', 'tunnel', 'socks', 'websocket'])
    expect(counts[kind], kind).toBeGreaterThan(50)
  await until('every connection to end', () => plane.traffic().connections === 0)
}, 120_000)
