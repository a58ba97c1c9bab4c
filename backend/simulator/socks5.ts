import type { Socket } from 'node:net'

/** Credentials are a user name and a password. */
export interface Credentials {
  username: string
  password: string
}

const methods = { none: 0, password: 2, noneIsGood: 0xff }
const refused = { general: 1, unreachable: 4, command: 7 }

/**
 * serveSocks5 speaks RFC 1928 to one client, CONNECT only; with `credentials` it wants these (RFC 1929). `dial` gives null for
 * what is out of reach.
 */
export function serveSocks5(
  client: Socket,
  dial: (host: string, port: number) => Socket | null,
  credentials: Credentials | null,
): void {
  const method = credentials === null ? methods.none : methods.password
  let buffered = Buffer.alloc(0)
  let read = readGreeting

  /** Takes a whole message off what has come, and makes `next` read what is behind it. */
  function take(length: number, next: () => void): void {
    buffered = buffered.subarray(length)
    read = next
    if (buffered.length > 0) read()
  }

  function onData(chunk: Buffer): void {
    buffered = Buffer.concat([buffered, chunk])
    read()
  }

  /** Version, how many methods, the methods. */
  function readGreeting(): void {
    const [version, count] = buffered
    if (version !== undefined && version !== 5) return void client.destroy()
    if (count === undefined || buffered.length < 2 + count) return
    if (!buffered.subarray(2, 2 + count).includes(method)) return void client.end(Buffer.from([5, methods.noneIsGood]))
    client.write(Buffer.from([5, method]))
    take(2 + count, credentials === null ? readRequest : readLogin)
  }

  /** Version, user name, password, both with their length before them. */
  function readLogin(): void {
    const nameEnd = 2 + (buffered[1] ?? 0)
    const end = nameEnd + 1 + (buffered[nameEnd] ?? 0)
    if (buffered.length <= nameEnd || buffered.length < end) return
    const username = buffered.toString('utf8', 2, nameEnd)
    const password = buffered.toString('utf8', nameEnd + 1, end)
    const isRight = username === credentials?.username && password === credentials.password
    if (!isRight) return void client.end(Buffer.from([1, 1]))
    client.write(Buffer.from([1, 0]))
    take(end, readRequest)
  }

  function readRequest(): void {
    const target = parseTarget(buffered)
    if (target === null) return
    client.off('data', onData)
    if (target.command !== 1) return refuse(refused.command)
    connectTo(target.host, target.port, buffered.subarray(target.length))
  }

  function connectTo(host: string, port: number, early: Buffer): void {
    const origin = dial(host, port)
    if (!origin) return refuse(refused.unreachable)
    origin.once('connect', () => {
      client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
      if (early.length > 0) origin.write(early)
      client.pipe(origin)
      origin.pipe(client)
    })
    origin.on('error', () => (origin.bytesWritten === 0 ? refuse(refused.general) : client.destroy()))
    origin.once('close', () => client.destroySoon())
    client.once('close', () => origin.destroy())
  }

  function refuse(code: number): void {
    client.end(Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]))
  }

  client.on('data', onData)
}

/** A request is: version, command, 0, address type, address, port. Null while bytes are missing. */
function parseTarget(bytes: Buffer): { command: number; host: string; port: number; length: number } | null {
  const command = bytes[1]
  const type = bytes[3]
  if (command === undefined || type === undefined) return null
  const start = type === 3 ? 5 : 4
  const addressLength = type === 1 ? 4 : type === 4 ? 16 : (bytes[4] ?? Number.POSITIVE_INFINITY)
  const end = start + addressLength
  if (bytes.length < end + 2) return null
  const address = bytes.subarray(start, end)
  return { command, host: formatAddress(type, address), port: bytes.readUInt16BE(end), length: end + 2 }
}

function formatAddress(type: number, address: Buffer): string {
  if (type === 3) return address.toString('latin1')
  if (type === 1) return address.join('.')
  const groups = Array.from({ length: 8 }, (_, index) => address.readUInt16BE(index * 2).toString(16))
  return groups.join(':').replace(/^(0:){7}/, '::')
}
