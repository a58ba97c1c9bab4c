import type { Socket } from 'node:net'

import type { ClientConnection } from './client.ts'
import {
  formatReply,
  parseGreeting,
  parsePassword,
  parseRequest,
  socksMethod,
  socksReply,
  socksVersion,
  type Parsed,
} from './socks5.ts'
import { UpstreamError, type UpstreamFailure } from './upstream-error.ts'

const maxMessageBytes = 1024
const connectCommand = 1

const replies: Record<UpstreamFailure, number> = {
  refused: socksReply.refused,
  timeout: socksReply.expired,
  broken: socksReply.failed,
  denied: socksReply.unreachable,
  missing: socksReply.unreachable,
  overloaded: socksReply.failed,
}

/**
 * serveSocks speaks SOCKS5 with one client (RFC 1928), with user name and password (RFC 1929) unless its address is allowed.
 * CONNECT only; the target's name goes to the upstream as it is.
 */
export async function serveSocks(client: ClientConnection, first: Buffer | null): Promise<void> {
  const messages = new Messages(client.socket, first)
  const methods = await messages.next(parseGreeting)
  if (methods === null) return client.destroy()
  if (!(await authenticate(client, messages, methods))) return
  const request = await messages.next(parseRequest)
  if (request === null) return client.close(formatReply(socksReply.failed))
  if (request.command !== connectCommand) return client.close(formatReply(socksReply.unknownCommand))
  if (request.host === null) return client.close(formatReply(socksReply.unknownAddress))
  if (request.port === 0) return client.close(formatReply(socksReply.notAllowed))
  client.deadline = Number.POSITIVE_INFINITY
  try {
    const { opened, upstreamAddress } = await client.reach({ host: request.host, port: request.port })
    if (client.isGone) return opened.upstream.destroy()
    client.socket.write(formatReply(socksReply.done))
    client.startTunnel({ upstream: opened.upstream, early: opened.early }, upstreamAddress, messages.rest())
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error
    if (!client.isGone) client.close(formatReply(replies[error.kind]))
  }
}

async function authenticate(
  client: ClientConnection,
  messages: Messages,
  methods: ReadonlySet<number>,
): Promise<boolean> {
  if (methods.has(socksMethod.none) && (await client.admits(null)) === 'allowed') {
    client.socket.write(Buffer.from([socksVersion, socksMethod.none]))
    return true
  }
  if (!methods.has(socksMethod.password)) {
    client.close(Buffer.from([socksVersion, socksMethod.refused]))
    return false
  }
  client.socket.write(Buffer.from([socksVersion, socksMethod.password]))
  const credentials = await messages.next(parsePassword)
  const isAllowed = credentials !== null && (await client.admits(credentials)) === 'allowed'
  if (client.isGone) return false
  if (isAllowed) client.socket.write(Buffer.from([1, 0]))
  else client.close(Buffer.from([1, 1]))
  return isAllowed
}

/** Messages reads one message after the other from a socket, and holds what comes after them. */
class Messages {
  readonly #socket: Socket
  #bytes: Buffer
  #isOver = false
  #wake: () => void = () => {}

  constructor(socket: Socket, first: Buffer | null) {
    this.#socket = socket
    this.#bytes = first ?? Buffer.alloc(0)
    socket.on('data', this.#onData)
    socket.on('end', this.#onOver)
    socket.on('close', this.#onOver)
  }

  /** The next message, or null when it is malformed, too long or will never be whole. */
  async next<T>(parse: (bytes: Buffer) => Parsed<T>): Promise<T | null> {
    for (;;) {
      const parsed = parse(this.#bytes)
      if (parsed === 'bad' || (parsed === null && this.#bytes.length > maxMessageBytes)) return null
      if (parsed !== null) {
        this.#bytes = this.#bytes.subarray(parsed.bytes)
        return parsed.value
      }
      if (this.#isOver) return null
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** What came after the last message; from then on others read the socket. */
  rest(): Buffer | null {
    this.#socket.off('data', this.#onData)
    this.#socket.off('end', this.#onOver)
    this.#socket.off('close', this.#onOver)
    return this.#bytes.length > 0 ? this.#bytes : null
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    // A client that does not wait for our replies is read no further than this.
    if (this.#bytes.length > 64 * maxMessageBytes) this.#socket.pause()
    this.#wake()
  }

  readonly #onOver = (): void => {
    this.#isOver = true
    this.#wake()
  }
}
