import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { addressFor, startTwoEndpoints, type TwoEndpoints } from './support/two-endpoints.ts'
import { until } from './support/until.ts'

const ways = ['own port', 'shared port', 'TLS with its name', 'TLS without a name'] as const
const owners = ['proxy1', 'proxy2', 'nobody'] as const
const names = ['proxy1', 'proxy2', 'unknown', ''] as const
const tokens = ['token', 'wrong'] as const
const offers = [[], [0], [1], [2], [0, 2], [2, 0]] as const

interface Credentials {
  username: (typeof names)[number]
  token: (typeof tokens)[number]
}

/** Attempt is all that tells who is meant, and whether he may. The own port and the name of TLS are those of proxy1. */
interface Attempt {
  way: (typeof ways)[number]
  /** For whom the client's address is allowed. */
  address: (typeof owners)[number]
  /** Both endpoints ask for credentials although an address is allowed. */
  asksAlways: boolean
  /** What the client shows when it is asked; null where it shows nothing. */
  credentials: Credentials | null
}

type Verdict = 'exit1' | 'exit2' | 'refused'

/** The rules, in the order in which they hold. */
function judge(attempt: Attempt): Verdict {
  const endpoint = whoIsMeant(attempt)
  if (endpoint === 'nobody' || !mayUse(endpoint, attempt)) return 'refused'
  return endpoint === 'proxy1' ? 'exit1' : 'exit2'
}

function whoIsMeant({ way, address, credentials }: Attempt): 'proxy1' | 'proxy2' | 'nobody' {
  // The way in tells the endpoint: its own port, or else the name that TLS asked for.
  if (way === 'own port' || way === 'TLS with its name') return 'proxy1'
  // On a way that all share the user name decides. One that nobody has means nobody, whatever else would fit.
  const username = credentials?.username ?? ''
  if (username !== '') return username === 'unknown' ? 'nobody' : username
  // No user name, or an empty one, falls back to the address: it means the endpoint that it is allowed for.
  return address
}

function mayUse(endpoint: 'proxy1' | 'proxy2', { address, asksAlways, credentials }: Attempt): boolean {
  // The addresses that are allowed for this endpoint let in, whatever was shown, unless it always asks.
  if (address === endpoint && !asksAlways) return true
  // Else its own user name with its token does, and nothing else.
  return credentials?.username === endpoint && credentials.token === 'token'
}

/** In SOCKS5 a client shows credentials only where it offers to; what it shows else is nothing, which has to be offered too. */
function judgeSocks(offered: readonly number[], attempt: Attempt): Verdict {
  if (offered.includes(2)) return judge(attempt)
  return offered.includes(0) ? judge({ ...attempt, credentials: null }) : 'refused'
}

const everyCredentials = names.flatMap((username) => tokens.map((token): Credentials => ({ username, token })))
const noneOrEvery = [null, ...everyCredentials]

/** Talk is one connection, and what came on it so far. */
class Talk {
  readonly socket: Socket
  received = ''
  isOver = false

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => (this.received += chunk.toString('latin1')))
    socket.on('error', () => {})
    for (const event of ['end', 'close'] as const) socket.on(event, () => (this.isOver = true))
  }

  /** Sends this and gives what has come when that says something. */
  async say(bytes: string, isWhole: (received: string) => boolean): Promise<string> {
    this.received = ''
    this.socket.write(bytes, 'latin1')
    await until('an answer', () => isWhole(this.received) || this.isOver)
    return this.received
  }
}

const namesExit = (received: string) => /exit[12]$/.test(received)
const isPair = (received: string) => received.length === 2
const text = (value: string) => String.fromCharCode(value.length) + value
const verdictIn = (received: string): Verdict => (/exit[12]/.exec(received)?.[0] as Verdict | undefined) ?? 'refused'

async function askHttp(talk: Talk, head: string, { credentials }: Attempt): Promise<Verdict> {
  const shown = Buffer.from(`${credentials?.username}:${credentials?.token}`).toString('base64')
  const field = credentials === null ? '' : `Proxy-Authorization: Basic ${shown}\r\n`
  const received = await talk.say(
    `${head} HTTP/1.1\r\nHost: a.test\r\n${field}\r\n`,
    (soFar) => namesExit(soFar) || /^HTTP\/1.1 407 [^]*\.\n$/.test(soFar),
  )
  expect(received).toMatch(/^HTTP\/1\.1 (?:200|407) /)
  return verdictIn(received)
}

async function askSocks5(talk: Talk, offered: readonly number[], { credentials }: Attempt): Promise<Verdict> {
  const method = await talk.say(String.fromCharCode(5, offered.length, ...offered), isPair)
  if (method === '\x05\xff') return 'refused'
  expect(offered.map((code) => `\x05${String.fromCharCode(code)}`)).toContain(method)
  if (method === '\x05\x02') {
    const login = `\x01${text(credentials?.username ?? '')}${text(credentials?.token ?? '')}`
    const status = await talk.say(login, isPair)
    if (status !== '\x01\x00') return 'refused'
  }
  const reply = await talk.say(`\x05\x01\x00\x03${text('a.test')}\x00\x50`, namesExit)
  expect(reply.slice(0, 2)).toBe('\x05\x00')
  return verdictIn(reply)
}

async function askSocks4(talk: Talk, { credentials }: Attempt): Promise<Verdict> {
  const id = credentials === null ? '' : `${credentials.username}:${credentials.token}`
  const reply = await talk.say(
    `\x04\x01\x00\x50\x00\x00\x00\x01${id}\x00a.test\x00`,
    (soFar) => namesExit(soFar) || soFar.startsWith('\x00\x5b'),
  )
  expect(['\x00\x5a', '\x00\x5b']).toContain(reply.slice(0, 2))
  return verdictIn(reply)
}

const protocols: [
  name: string,
  shown: readonly (Credentials | null)[],
  expected: (attempt: Attempt) => Verdict,
  ask: (talk: Talk, attempt: Attempt) => Promise<Verdict>,
][] = [
  ['a plain request', noneOrEvery, judge, (talk, attempt) => askHttp(talk, 'GET http://a.test/', attempt)],
  ['CONNECT', noneOrEvery, judge, (talk, attempt) => askHttp(talk, 'CONNECT a.test:443', attempt)],
  ['SOCKS4a', noneOrEvery, judge, askSocks4],
  ...offers.map((offered): (typeof protocols)[number] => [
    `SOCKS5 with the methods [${offered.join(', ')}]`,
    offered.some((code) => code === 2) ? everyCredentials : [null],
    (attempt) => judgeSocks(offered, attempt),
    (talk, attempt) => askSocks5(talk, offered, attempt),
  ]),
]

describe.each([
  ['lets allowed addresses in', false],
  ['always asks', true],
])('an endpoint that %s', (_, asksAlways) => {
  let world: TwoEndpoints

  beforeAll(async () => {
    world = await startTwoEndpoints()
    const routes = world.routes.map((route) => ({ ...route, access: { ...route.access, asksAlways } }))
    world.plane.mirror.apply(routes)
  })

  afterAll(() => world.stop())

  function open({ way, address }: Attempt): Talk {
    const { own, shared, tls } = world.ports
    const from = { host: '127.0.0.1', localAddress: addressFor(address) }
    if (way === 'own port') return new Talk(connect({ ...from, port: own }))
    if (way === 'shared port') return new Talk(connect({ ...from, port: shared }))
    const servername = way === 'TLS with its name' ? 'proxy1.proxy.test' : ''
    return new Talk(connectTls({ ...from, port: tls, servername, rejectUnauthorized: false }))
  }

  it.each(protocols)('takes %s from whom it should', async (_name, shown, expected, ask) => {
    const attempts = ways.flatMap((way) =>
      owners.flatMap((address) => shown.map((credentials): Attempt => ({ way, address, asksAlways, credentials }))),
    )
    const verdicts = await Promise.all(
      attempts.map(async (attempt) => {
        const talk = open(attempt)
        const verdict = await ask(talk, attempt)
        talk.socket.destroy()
        return { ...attempt, verdict }
      }),
    )

    expect(verdicts).toEqual(attempts.map((attempt) => ({ ...attempt, verdict: expected(attempt) })))
  })
})
