import type { Socket } from 'node:net'

import { createBodyMeter, type BodyMeter } from './body.ts'
import { formatFields, formatFraming } from './fields.ts'
import type { RequestHead, Target } from './request-head.ts'
import { parseResponseHead, type ResponseHead } from './response-head.ts'
import { brokenOff, nonsense, type UpstreamError } from './upstream-error.ts'
import type { Reader, UpstreamSocket } from './upstream-socket.ts'

/** A first piece of a body up to this size is sent together with its head, in one packet. */
const joinedBytes = 16 * 1024

/** RFC 9110, 9.2.2: asking twice does what asking once does. */
const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

export type PlainRequest = RequestHead & { target: Extract<Target, { kind: 'plain' }> }

export function isPlain(head: RequestHead): head is PlainRequest {
  return head.target.kind === 'plain'
}

/** ExchangeOwner is told how an exchange ended; one of these is called, once. */
export interface ExchangeOwner {
  /** The answer is whole. */
  onDone(keep: { client: boolean; upstream: boolean }): void
  /** Nothing of an answer was sent to the client yet. `canRepeat`: nor could asking again do harm. */
  onFailed(error: UpstreamError, canRepeat: boolean): void
  /** The client got part of an answer and can't get the rest, or sent what can't be understood. */
  onBroken(): void
  /** The upstream switched protocols; `early` came with its answer. */
  onUpgraded(early: Buffer | null): void
}

interface ExchangeParts {
  client: Socket
  upstream: UpstreamSocket
  authorization: string | null
  owner: ExchangeOwner
}

/**
 * Exchange passes one plain request on and its answer back (RFC 9110, RFC 9112). Both heads are written anew, so that
 * nothing that concerns one connection only gets to the other; bodies pass as they are, and are checked as they pass.
 */
export class Exchange implements Reader {
  readonly #request: PlainRequest
  readonly #parts: ExchangeParts
  readonly #requestMeter: BodyMeter
  #responseMeter: BodyMeter | null = null
  #response: ResponseHead | null = null
  #received: Buffer | null = null
  #hasSentBody = false
  #isOver = false

  constructor(request: PlainRequest, parts: ExchangeParts) {
    this.#request = request
    this.#parts = parts
    this.#requestMeter = createBodyMeter(request.hop.framing)
  }

  get isRequestDone(): boolean {
    return this.#requestMeter.isDone
  }

  /** Sends the head and what there is of the body. Returns how many bytes of `body` belong to it, -1 for a malformed one. */
  start(body: Buffer | null): number {
    const { upstream } = this.#parts
    upstream.reader = this
    const head = formatRequest(this.#request, this.#parts.authorization)
    const taken = body === null ? 0 : this.#requestMeter.take(body, 0)
    if (taken > 0 && body !== null) {
      this.#hasSentBody = true
      upstream.socket.cork()
      upstream.socket.write(head, 'latin1')
      upstream.socket.write(body.subarray(0, taken))
      upstream.socket.uncork()
    } else upstream.socket.write(head, 'latin1')
    if (upstream.socket.isPaused()) upstream.socket.resume()
    return taken
  }

  /** Sends on what belongs to the body. Returns how many bytes did, -1 for a malformed body. */
  feed(chunk: Buffer): number {
    const { client, upstream } = this.#parts
    const taken = this.#requestMeter.take(chunk, 0)
    if (taken <= 0) return taken
    this.#hasSentBody = true
    const isAll = taken === chunk.length
    if (!upstream.socket.write(isAll ? chunk : chunk.subarray(0, taken))) client.pause()
    return taken
  }

  /** Stops without telling the owner. */
  abandon(): void {
    this.#isOver = true
    this.#parts.upstream.destroy()
  }

  onData(chunk: Buffer): boolean {
    const { client, upstream } = this.#parts
    if (this.#isOver) return false
    if (this.#responseMeter === null) this.#readHead(chunk)
    else this.#passBody(chunk, 0, '')
    if (client.writableNeedDrain && !upstream.isClosed) upstream.socket.pause()
    return client.writableLength > 0
  }

  onEnd(): void {
    this.#onUpstreamGone()
  }

  onClose(): void {
    this.#onUpstreamGone()
  }

  onDrain(): void {
    this.#parts.client.resume()
  }

  #readHead(chunk: Buffer): void {
    this.#received = this.#received === null ? chunk : Buffer.concat([this.#received, chunk])
    for (;;) {
      const result = parseResponseHead(this.#received, this.#request.method)
      if (result.kind === 'bad') return this.#fail(nonsense(result.text), false)
      if (result.kind === 'incomplete') {
        // The chunk's memory is the socket's: what is kept must be a copy.
        this.#received = Buffer.from(this.#received)
        return
      }
      const { head } = result
      const rest = this.#received.subarray(head.bytes)
      if (head.status >= 200) return this.#beginBody(head, rest)
      if (head.status === 101) return this.#upgrade(head, rest)
      this.#parts.client.write(`HTTP/1.1 ${head.status} ${head.reason}\r\n${formatFields(head.hop.kept)}\r\n`, 'latin1')
      this.#received = rest
      if (rest.length === 0) {
        this.#received = null
        return
      }
    }
  }

  #upgrade(head: ResponseHead, rest: Buffer): void {
    const { client, owner } = this.#parts
    if (this.#request.hop.upgrade === null || head.hop.upgrade === null) {
      return this.#fail(nonsense('It switches to a protocol that nobody asked for.'), false)
    }
    this.#isOver = true
    const fields = formatFields(head.hop.kept)
    client.write(
      `HTTP/1.1 101 ${head.reason}\r\n${fields}Connection: Upgrade\r\nUpgrade: ${head.hop.upgrade}\r\n\r\n`,
      'latin1',
    )
    owner.onUpgraded(rest.length > 0 ? Buffer.from(rest) : null)
  }

  #beginBody(head: ResponseHead, rest: Buffer): void {
    if (head.status === 407) return this.#fail(nonsense('It wants credentials of its own (it answered 407).'), false)
    if (this.#request.minor === 0 && head.framing.kind === 'chunked') {
      return this.#fail(
        nonsense('Its answer is in a form that this client, which speaks HTTP/1.0, does not know.'),
        false,
      )
    }
    this.#received = null
    this.#response = head
    this.#responseMeter = createBodyMeter(head.framing)
    this.#passBody(rest, 0, formatResponse(head, this.#keepsClient(head), this.#request.minor))
  }

  /** Passes on what belongs to the body, after `head` where it is the first piece. */
  #passBody(chunk: Buffer, start: number, head: string): void {
    const { client } = this.#parts
    const meter = this.#responseMeter
    if (meter === null) return
    const taken = meter.take(chunk, start)
    const body = chunk.subarray(start, start + Math.max(0, taken))
    if (head === '') client.write(body)
    else if (body.length === 0) client.write(head, 'latin1')
    else if (body.length <= joinedBytes) client.write(Buffer.concat([Buffer.from(head, 'latin1'), body]))
    else {
      client.cork()
      client.write(head, 'latin1')
      client.write(body)
      client.uncork()
    }
    if (taken === -1) this.#break()
    else if (meter.isDone) this.#finish(start + taken < chunk.length)
  }

  #finish(hasRest: boolean): void {
    if (this.#isOver || this.#response === null) return
    this.#isOver = true
    const { hop, minor, framing } = this.#response
    const isClean = this.isRequestDone && !hasRest && framing.kind !== 'close' && minor === 1
    this.#parts.owner.onDone({
      client: this.isRequestDone && this.#keepsClient(this.#response),
      upstream: isClean && !hop.connection.has('close') && this.#request.minor === 1,
    })
  }

  #onUpstreamGone(): void {
    if (this.#isOver) return
    if (this.#response === null) return this.#fail(brokenOff(), this.#received === null)
    if (this.#response.framing.kind === 'close') this.#finish(false)
    else this.#break()
  }

  #fail(error: UpstreamError, isUntouched: boolean): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#parts.upstream.destroy()
    const isHarmless = idempotent.has(this.#request.method) && !this.#hasSentBody && this.isRequestDone
    this.#parts.owner.onFailed(error, isUntouched && isHarmless)
  }

  #break(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#parts.upstream.destroy()
    this.#parts.owner.onBroken()
  }

  #keepsClient({ framing }: ResponseHead): boolean {
    const { minor, hop } = this.#request
    const isWanted = minor === 1 ? !hop.connection.has('close') : hop.connection.has('keep-alive')
    return isWanted && framing.kind !== 'close'
  }
}

function formatRequest({ method, target, minor, hop }: PlainRequest, authorization: string | null): string {
  const { authority, url } = target
  let text = `${method} ${url} HTTP/1.${minor}\r\nHost: ${authority}\r\n${formatFields(hop.kept)}${formatFraming(hop.framing)}`
  if (authorization !== null) text += `Proxy-Authorization: ${authorization}\r\n`
  if (hop.upgrade !== null) text += `Connection: Upgrade\r\nUpgrade: ${hop.upgrade}\r\n`
  else if (hop.acceptsTrailers) text += 'Connection: TE\r\nTE: trailers\r\n'
  return `${text}\r\n`
}

function formatResponse({ status, reason, hop }: ResponseHead, keepsClient: boolean, minor: 0 | 1): string {
  // 204 has no body and no length; 304 and answers to HEAD tell the length of what they leave out.
  const framing = status === 204 ? '' : formatFraming(hop.framing)
  const connection = keepsClient ? (minor === 0 ? 'Connection: keep-alive\r\n' : '') : 'Connection: close\r\n'
  return `HTTP/1.1 ${status} ${reason}\r\n${formatFields(hop.kept)}${framing}${connection}\r\n`
}
