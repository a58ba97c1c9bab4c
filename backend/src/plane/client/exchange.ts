import { createBodyReader } from '../bytes/body.ts'
import type { BodyReader } from '../bytes/body-reader.ts'
import type { PlainRequest } from '../bytes/request-head.ts'
import { maxResponseHeadBytes, parseResponseHead, type ResponseHead } from '../bytes/response-head.ts'
import { writeInterimHead, writeRequestHead, writeResponseHead, type RequestForm } from '../bytes/write-head.ts'
import { Gather } from '../sockets/gather.ts'
import { brokenOff, denied, nonsense, type UpstreamFailure } from '../upstream/failure.ts'
import type { Reader, UpstreamSocket } from '../upstream/upstream-socket.ts'
import type { Downstream } from './stage.ts'

/** A first piece of a body up to this size is sent together with its head, in one packet. */
const joinedBytes = 16 * 1024
const lineFeed = 10

/** isRepeatable tells whether a request may be asked again, as long as nothing of its body was sent. */
export function isRepeatable({ method }: PlainRequest): boolean {
  // RFC 9110, 9.2.2: asking twice does what asking once does.
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || method === 'TRACE'
}

/** ExchangeOwner is told how an exchange ended; one of these is called, once. */
export interface ExchangeOwner {
  /** The answer is whole. */
  onDone(keep: { client: boolean; upstream: boolean }): void
  /** Nothing of an answer was sent to the client yet. `canRepeat`: nor could asking again do harm. */
  onFailed(failure: UpstreamFailure, canRepeat: boolean): void
  /** The client got part of an answer and can't get the rest; `isTold`: its length or its chunks tell him so. */
  onBroken(isTold: boolean): void
  /** The upstream switched protocols; `early` came with its answer. */
  onUpgraded(early: Buffer | null): void
}

interface ExchangeParts {
  client: Downstream
  upstream: UpstreamSocket
  form: RequestForm
  owner: ExchangeOwner
}

/**
 * Exchange passes one plain request on and its answer back (RFC 9110, RFC 9112). Heads pass line by line, without what concerns
 * one connection only; bodies pass as they are, and are checked as they pass.
 */
export class Exchange implements Reader {
  readonly #request: PlainRequest
  readonly #parts: ExchangeParts
  readonly #requestBody: BodyReader
  #responseBody: BodyReader | null = null
  #response: ResponseHead | null = null
  /** The start of a head whose end has not come yet. */
  #received: Gather | null = null
  #hasSentBody = false
  /** Something of an answer came, if only an interim one. */
  #isAnswering = false
  /** What follows this answer is not believed to be another: one of its heads was too careless. */
  #isDubious = false
  #isOver = false

  constructor(request: PlainRequest, parts: ExchangeParts) {
    this.#request = request
    this.#parts = parts
    this.#requestBody = createBodyReader(request.framing, 'strict')
  }

  get isRequestDone(): boolean {
    return this.#requestBody.isDone
  }

  /** Sends the head and what there is of the body. Returns how many bytes of `body` belong to it, -1 for a malformed one. */
  start(body: Buffer | null): number {
    const { upstream, form } = this.#parts
    const { socket } = upstream
    upstream.reader = this
    const head = writeRequestHead(this.#request, form)
    const taken = body === null ? 0 : this.#requestBody.take(body, 0)
    if (taken > 0 && body !== null) {
      this.#hasSentBody = true
      socket.cork()
      socket.write(head)
      socket.write(this.#requestBody.output(body, 0, taken))
      socket.uncork()
    } else socket.write(head)
    if (socket.isPaused()) socket.resume()
    return taken
  }

  /** Sends on what belongs to the body. Returns how many bytes did, -1 for a malformed body. */
  feed(chunk: Buffer): number {
    const taken = this.#requestBody.take(chunk, 0)
    if (taken <= 0) return taken
    this.#hasSentBody = true
    const { client, upstream } = this.#parts
    if (!upstream.socket.write(this.#requestBody.output(chunk, 0, taken))) client.socket.pause()
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
    if (this.#responseBody === null) this.#readHead(chunk)
    else this.#passBody(chunk, null)
    if (client.socket.writableNeedDrain && !upstream.isClosed) upstream.socket.pause()
    return client.socket.writableLength > 0
  }

  onEnd(): void {
    this.#onUpstreamGone(false)
  }

  onClose(error: Error | null): void {
    this.#onUpstreamGone(error !== null)
  }

  onDrain(): void {
    this.#parts.client.socket.resume()
  }

  #readHead(chunk: Buffer): void {
    this.#isAnswering = true
    let bytes = chunk
    if (this.#received !== null) {
      this.#received.add(chunk)
      // Only the end of a line can make more of what was judged before.
      if (!chunk.includes(lineFeed) && this.#received.length <= maxResponseHeadBytes) return
      bytes = this.#received.bytes
    }
    for (;;) {
      const parsed = parseResponseHead(bytes, this.#request.method)
      if (parsed.kind === 'bad') return this.#fail(nonsense(parsed.text), false)
      if (parsed.kind === 'incomplete') return this.#keep(bytes)
      const head = parsed.value
      this.#isDubious ||= head.isDubious
      const rest = bytes.subarray(parsed.bytes)
      if (head.status >= 200) return this.#beginBody(head, rest)
      if (head.status === 101) return this.#upgrade(head, rest)
      // RFC 9110, 15.2: a client of HTTP/1.0 knows no interim responses.
      if (this.#request.minor === 1) this.#parts.client.send(writeInterimHead(head))
      this.#received = null
      if (rest.length === 0) return
      bytes = rest
    }
  }

  #keep(bytes: Buffer): void {
    if (this.#received !== null) return
    this.#received = new Gather()
    // The chunk's memory is the socket's: what is kept must be a copy.
    this.#received.add(Buffer.from(bytes))
  }

  #upgrade(head: ResponseHead, rest: Buffer): void {
    const { client, owner } = this.#parts
    if (this.#request.hop.upgrade === null || head.hop.upgrade === null) {
      return this.#fail(nonsense('It switches to a protocol that nobody asked for.'), false)
    }
    this.#isOver = true
    client.send(writeInterimHead(head))
    owner.onUpgraded(rest.length > 0 ? Buffer.from(rest) : null)
  }

  #beginBody(head: ResponseHead, rest: Buffer): void {
    if (head.status === 407) return this.#fail(this.#judge407(), false)
    const isUnchunked = this.#request.minor === 0 && head.framing.kind === 'chunked'
    this.#received = null
    this.#response = head
    this.#responseBody = createBodyReader(head.framing, isUnchunked ? 'unchunked' : 'careful')
    this.#passBody(rest, head)
  }

  /** A client would take it for ours. An origin has no business with it. */
  #judge407(): UpstreamFailure {
    return this.#parts.form.form === 'absolute' ? denied('407') : nonsense('The site answers as a proxy would (407).')
  }

  /** Passes on what belongs to the body, behind its head where it is the first piece. */
  #passBody(chunk: Buffer, head: ResponseHead | null): void {
    const reader = this.#responseBody
    if (reader === null) return
    const taken = reader.take(chunk, 0)
    const body = reader.output(chunk, 0, Math.max(0, taken))
    if (head !== null) this.#sendHead(head, body)
    else if (body.length > 0) this.#parts.client.send(body)
    if (taken === -1) this.#break(false)
    else if (reader.isDone) this.#finish(taken < chunk.length)
  }

  #sendHead(head: ResponseHead, body: Buffer): void {
    const { client } = this.#parts
    const side = { isKept: this.#keepsClient(head), minor: this.#request.minor }
    if (body.length <= joinedBytes) return void client.send(writeResponseHead(head, side, body))
    client.socket.cork()
    client.send(writeResponseHead(head, side))
    client.send(body)
    client.socket.uncork()
  }

  #finish(hasRest: boolean): void {
    if (this.#isOver || this.#response === null) return
    this.#isOver = true
    const { hop, minor, framing } = this.#response
    const isBelieved = !this.#isDubious && this.#responseBody?.isDubious !== true
    const isClean = this.isRequestDone && !hasRest && isBelieved && framing.kind !== 'close' && minor === 1
    this.#parts.owner.onDone({
      client: this.isRequestDone && this.#keepsClient(this.#response),
      upstream: isClean && !hop.connection.has('close') && this.#request.minor === 1,
    })
  }

  #onUpstreamGone(isBreak: boolean): void {
    if (this.#isOver) return
    if (this.#response === null) return this.#fail(brokenOff(), !this.#isAnswering)
    const { framing } = this.#response
    if (framing.kind === 'close' && !isBreak) this.#finish(false)
    else this.#break(framing.kind !== 'close' && this.#isFramedForClient())
  }

  /** Whether the client sees by the body itself that it is short. */
  #isFramedForClient(): boolean {
    return this.#response?.framing.kind === 'length' || this.#request.minor === 1
  }

  #fail(failure: UpstreamFailure, isUntouched: boolean): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#parts.upstream.destroy()
    const isHarmless = isRepeatable(this.#request) && !this.#hasSentBody && this.isRequestDone
    this.#parts.owner.onFailed(failure, isUntouched && isHarmless)
  }

  #break(isTold: boolean): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#parts.upstream.destroy()
    this.#parts.owner.onBroken(isTold)
  }

  #keepsClient({ framing }: ResponseHead): boolean {
    const { minor, hop } = this.#request
    const isWanted = minor === 1 ? !hop.connection.has('close') : hop.connection.has('keep-alive')
    const isUnchunked = minor === 0 && framing.kind === 'chunked'
    return isWanted && framing.kind !== 'close' && !isUnchunked
  }
}
