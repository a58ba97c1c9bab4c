import type { Socket } from 'node:net'

/** Doors are the ports of a Stillpoint that strangers know, and the name of an endpoint there. */
export interface Doors {
  own: number
  shared: number
  tls: number
  endpoint: string
}

/** Where strangers come from; clients with credentials come from some of these too. */
export function strangerAddress(index: number): string {
  return `127.41.0.${1 + index}`
}
export const strangerAddresses = 200

type Door = 'own' | 'shared' | 'tls'

/** Deed is one hostile thing that a connection does. */
export interface Deed {
  name: string
  door: Door
  /** Called when the connection is there. */
  begin?: (socket: Socket, doors: Doors) => void
  /** Called for what comes; by default it is thrown away. 'never' reads nothing. */
  onAnswer?: ((socket: Socket) => void) | 'never'
}

/** Most that one connection sends. */
const floodBytes = 8 * 1024 * 1024
const moment = 20
const trickleMs = 300
const wrong = Buffer.from('proxy1:guessed').toString('base64')
const form = 'Content-Type: application/x-www-form-urlencoded\r\n'
const refused = Buffer.from(
  `GET http://origin.test/ HTTP/1.1\r\nHost: origin.test\r\nProxy-Authorization: Basic ${wrong}\r\n\r\n`,
)
const bigForm = Buffer.alloc(2 * 1024 * 1024, 'a&')
/** A record that promises 512 bytes of ClientHello, and the first of them. */
const halfHello = Buffer.from('1603010200010001fc0303aabbccddeeff', 'hex')
const garbage = Buffer.from('00ff13370a0d4b9e'.repeat(8), 'hex')
const greeting = Buffer.from([5, 1, 2])
const wrongLogin = Buffer.from('\x01\x06proxy1\x07guessed', 'latin1')

/** All of them; a siege takes them in turn. What a stranger does at one door, another does at the other. */
export const deeds: readonly Deed[] = [
  { name: 'silence', door: 'own' },
  { name: 'silence', door: 'shared' },
  { name: 'silence', door: 'tls' },
  { name: 'half a TLS hello', door: 'tls', begin: (socket) => socket.write(halfHello) },
  { name: 'garbage', door: 'tls', begin: (socket) => socket.write(garbage) },
  ...atBoth('garbage', { begin: (socket) => socket.write(garbage) }),
  ...atBoth('a form of 2 MB', { begin: (socket, doors) => postForm(socket, doors, bigForm.length, bigForm) }),
  ...atBoth('an unfinished form of 300 MB', {
    begin(socket, doors) {
      postForm(socket, doors, 300_000_000, Buffer.alloc(0))
      flood(socket, bigForm)
    },
  }),
  ...atBoth('3 of 100 bytes', {
    begin: (socket, { endpoint }) =>
      socket.write(`POST / HTTP/1.1\r\nHost: ${endpoint}.localhost\r\nContent-Length: 100\r\n\r\nabc`),
  }),
  ...atBoth('refused again and again, never reading', {
    begin: (socket) => flood(socket, Buffer.concat(Array.from({ length: 100 }, () => refused))),
    onAnswer: 'never',
  }),
  ...atBoth('an endless head', {
    begin(socket) {
      socket.write('GET http://origin.test/ HTTP/1.1\r\nHost: origin.test\r\nX-Endless: ')
      flood(socket, Buffer.alloc(64 * 1024, 'x'))
    },
  }),
  ...atBoth('lines that end in LF alone', {
    begin: (socket) => socket.write('GET http://origin.test/ HTTP/1.1\nHost: origin.test\n\n'),
  }),
  ...atBoth('guessing at /address', {
    begin: (socket, { endpoint }) =>
      socket.write(`POST /address HTTP/1.1\r\nHost: ${endpoint}.localhost\r\nAuthorization: Bearer ${guess()}\r\n\r\n`),
    onAnswer: leave,
  }),
  ...atBoth('guessing at the proxy', {
    begin(socket, { endpoint }) {
      const basic = Buffer.from(`${endpoint}:${guess()}`).toString('base64')
      socket.write(
        `CONNECT origin.test:80 HTTP/1.1\r\nHost: origin.test:80\r\nProxy-Authorization: Basic ${basic}\r\n\r\n`,
      )
    },
    onAnswer: leave,
  }),
  ...atBoth('an aborted form', {
    begin(socket, doors) {
      postForm(socket, doors, 100, Buffer.from('token=half'))
      setTimeout(() => socket.resetAndDestroy(), moment)
    },
  }),
  ...atBoth('SOCKS with a wrong login', {
    begin: (socket) => socket.write(greeting),
    onAnswer: (socket) => socket.write(wrongLogin),
  }),
  ...atBoth('SOCKS byte by byte', {
    begin(socket) {
      socket.write(Buffer.from([5]))
      socket.once('close', () => clearInterval(trickle))
      const trickle = setInterval(() => socket.write(Buffer.from([255])), trickleMs)
    },
  }),
  ...atBoth('a reset after half a head', {
    begin(socket) {
      socket.write('CONNECT origin.test:80 HTTP/1.1\r\nHost: ori')
      setTimeout(() => socket.resetAndDestroy(), moment)
    },
  }),
]

function atBoth(name: string, deed: Omit<Deed, 'name' | 'door'>): Deed[] {
  return (['own', 'shared'] as const).map((door) => ({ ...deed, name, door }))
}

function postForm(socket: Socket, { endpoint }: Doors, length: number, body: Buffer): void {
  socket.write(`POST /address HTTP/1.1\r\nHost: ${endpoint}.localhost\r\n${form}Content-Length: ${length}\r\n\r\n`)
  if (body.length > 0) socket.write(body)
}

/** Sends this over and over, as fast as it is taken, up to a bound. */
function flood(socket: Socket, piece: Buffer): void {
  let left = floodBytes
  const push = () => {
    while (left > 0 && !socket.destroyed) {
      left -= piece.length
      if (!socket.write(piece)) return void socket.once('drain', push)
    }
  }
  push()
}

function guess(): string {
  return Math.random().toString(36).slice(2)
}

function leave(socket: Socket): void {
  socket.destroy()
}
