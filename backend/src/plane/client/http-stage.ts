import type { Stop } from '../../lib/clock.ts'
import { addressGroup } from '../../lib/ip.ts'
import { readBasic } from '../bytes/basic.ts'
import { formatAnswer, type Answer } from '../bytes/http-answer.ts'
import type { Bad } from '../bytes/parsed.ts'
import { isPlain, maxRequestHeadBytes, parseRequestHead, type RequestHead } from '../bytes/request-head.ts'
import { socks4Version } from '../bytes/socks4.ts'
import { socksVersion } from '../bytes/socks5.ts'
import type { Refusal } from '../report.ts'
import { extraMs, strangerMs } from '../sockets/admission.ts'
import { never } from '../sockets/sweep.ts'
import { DialStage, type Words } from './dial-stage.ts'
import type { Endpoint } from './endpoint.ts'
import { PlainPath } from './plain-path.ts'
import { Socks4Stage } from './socks4-stage.ts'
import { SocksStage } from './socks-stage.ts'
import type { Downstream, Stage } from './stage.ts'

const headTimeoutMs = 10_000
const keepAliveMs = 65_000
/** Who is refused so often in a row on one connection has to come anew. */
const maxRefusals = 8
/** What who waits for a refusal may have sent behind, in bytes: more is not kept that long, and he has to come anew as well. */
const maxAhead = 4 * 1024
const lineFeed = 10

interface Presented {
  readonly authorization: string | null
  readonly username: string | null
}

const nothing: Presented = { authorization: null, username: null }

const words: Words = {
  open: () => 'HTTP/1.1 200 Connection established\r\n\r\n',
  refuse: ({ status, text, retryAfterSeconds }) => formatAnswer({ status, text, retryAfterSeconds }),
}

/**
 * HttpStage reads requests, one after the other, and says who is meant and who may: each is judged by its own credentials. It
 * is also where a connection begins: by its first byte it may be SOCKS.
 */
export class HttpStage implements Stage {
  readonly #client: Downstream
  #isFirst = true
  /** `blocked`: the client has not taken the last answer yet; `judging`: an answer is due; `away`: a request is served. */
  #state: 'reading' | 'blocked' | 'judging' | 'away' = 'reading'
  #refusals = 0
  #plain: PlainPath | null = null
  #cancelAnswer: Stop | null = null
  /** The last Proxy-Authorization and the user name in it, and the one before. */
  #presented: Presented = nothing
  #presentedBefore: Presented = nothing

  constructor(client: Downstream) {
    this.#client = client
    this.#wait(headTimeoutMs)
  }

  onClientData(chunk: Buffer): void {
    const { unread } = this.#client
    if (this.#state !== 'reading') return this.#client.hold(chunk)
    // The time for a head runs from its first byte.
    const isNew = unread.length === 0
    if (isNew) this.#wait(headTimeoutMs)
    unread.add(chunk)
    // Only the end of a line can make more of what was judged before.
    if (isNew || unread.length > maxRequestHeadBytes || chunk.includes(lineFeed)) this.#read()
  }

  /** Goes on to the next request, or ends. */
  onAnswered(isKept: boolean): void {
    const { socket, unread } = this.#client
    // A client that has ended its side will not ask again.
    if (!isKept || (socket.readableEnded && unread.length === 0)) return this.#client.close()
    this.#client.become(this)
    this.#wait(keepAliveMs)
    if (socket.writableNeedDrain) return this.#block()
    this.#state = 'reading'
    if (unread.length > 0) queueMicrotask(() => this.#read())
    else this.#readOn()
  }

  onClientEnd(): void {
    // An answer that is due comes in its time: silence must not tell faster that a guess was wrong.
    if (this.#state !== 'judging') this.#client.close()
  }

  onClientDrain(): void {
    if (this.#state === 'blocked') this.onAnswered(true)
    else this.#plain?.onClientDrain()
  }

  expire(): void {
    if (this.#state === 'judging') return
    const { unread, ticket } = this.#client
    if (ticket.isStranger && ticket.isExtra) return ticket.turnAway(429)
    if (unread.length === 0 && this.#isFirst) this.#client.refused('head_too_slow')
    // Who has asked nothing is told nothing.
    if (unread.length === 0 || this.#state === 'blocked') return this.#client.close()
    this.#client.answer('head_too_slow', { status: 408, text: 'The request did not come within 10 s.' })
  }

  onClientClose(): void {
    this.#cancelAnswer?.()
    this.#cancelAnswer = null
    this.#plain?.drop()
  }

  #wait(ms: number): void {
    const { ticket, door } = this.#client
    const now = door.clock.monotonic()
    const own = now + ms
    this.#client.deadline = ticket.isStranger ? Math.min(own, ticket.at + (ticket.isExtra ? extraMs : strangerMs)) : own
  }

  #read(): void {
    const { unread } = this.#client
    if (this.#state !== 'reading' || unread.length === 0) return
    const bytes = unread.bytes
    if (this.#isFirst && this.#isSocks(bytes[0])) return
    const parsed = parseRequestHead(bytes)
    if (parsed.kind === 'incomplete') return this.#readOn()
    this.#isFirst = false
    if (parsed.kind === 'bad') return this.#client.answer(reasonOf(parsed), parsed)
    if (parsed.value.target.kind === 'site') {
      this.onClientClose()
      return this.#client.visit()
    }
    unread.skip(parsed.bytes)
    this.#serve(parsed.value)
  }

  #readOn(): void {
    const { socket } = this.#client
    if (socket.isPaused()) socket.resume()
  }

  #isSocks(version: number | undefined): boolean {
    if (version !== socksVersion && version !== socks4Version) return false
    const stage = version === socksVersion ? new SocksStage(this.#client) : new Socks4Stage(this.#client)
    this.#client.become(stage)
    stage.onClientData(this.#client.unread.take() ?? Buffer.alloc(0))
    return true
  }

  #serve(head: RequestHead): void {
    const client = this.#client
    const { clues } = client
    this.#state = 'away'
    const endpoint = this.#recognise(head)
    if (endpoint === null) return this.#refuseStranger(head)
    const verdict = endpoint.access.verdict(clues.clientAddress, head.proxyAuthorization)
    if (verdict !== 'allowed') return this.#refuse(head, endpoint, verdict === 'wrong_credentials')
    if (!client.enter(endpoint)) {
      const text = `${endpoint.name} has too many connections now.`
      return client.close(formatAnswer({ status: 429, text, retryAfterSeconds: 1 }))
    }
    this.#refusals = 0
    if (head.target.kind === 'tunnel') {
      const { target } = head
      this.#plain?.drop()
      return new DialStage(client, endpoint, target, words).start()
    }
    if (!isPlain(head)) return
    this.#plain ??= new PlainPath(client, this)
    client.become(this.#plain)
    this.#plain.begin(head, endpoint)
  }

  /** A user name is read only where it tells something. */
  #recognise({ proxyAuthorization }: RequestHead): Endpoint | null {
    const { clues, door } = this.#client
    const told = door.tells(clues)
    if (told === 'anybody') return door.recognise(clues, this.#readUsername(proxyAuthorization))
    return told === 'nobody' ? null : told
  }

  /** A client that goes to and fro between two endpoints sends the same two in turn. */
  #readUsername(authorization: string | null): string | null {
    if (authorization === null) return null
    if (authorization === this.#presented.authorization) return this.#presented.username
    const before = this.#presented
    this.#presented = this.#presentedBefore
    this.#presentedBefore = before
    if (authorization === this.#presented.authorization) return this.#presented.username
    this.#presented = { authorization, username: readBasic(authorization)?.username ?? null }
    return this.#presented.username
  }

  /** The way in, or its user name, tells no endpoint. */
  #refuseStranger(head: RequestHead): void {
    const { clues, door } = this.#client
    const isNamed = door.tells(clues) === 'nobody'
    const text = 'This proxy needs the user name (proxy1, proxy2, ...) and access token of an endpoint.'
    if (!isNamed)
      return this.#later(
        head,
        'unknown_endpoint',
        { status: 407, text, realm: 'Stillpoint' },
        this.#readUsername(head.proxyAuthorization),
      )
    const label = clues.serverName?.split('.')[0] ?? ''
    this.#client.answer('unknown_endpoint', { status: 404, text: `There is no endpoint ${label} here.` })
  }

  #refuse(head: RequestHead, { name, counters }: Endpoint, isWrong: boolean): void {
    counters.refuse('credentials')
    const text = isWrong
      ? `Wrong user name or access token for ${name}.`
      : `${name} needs its user name (${name}) and access token.`
    this.#later(head, null, { status: 407, text, realm: name }, isWrong ? name : null)
  }

  /** Answers, late where `guessed` was presented and this address has guessed often: a browser asks its user then, on the same connection. */
  #later({ minor, framing, hop }: RequestHead, reason: Refusal | null, answer: Answer, guessed: string | null): void {
    const { clues, door, unread } = this.#client
    if (reason !== null) this.#client.refused(reason)
    this.#refusals += 1
    const waitMs = guessed === null || guessed === '' ? 0 : door.slowDown.count(addressGroup(clues.clientAddress))
    const mayStay = this.#refusals < maxRefusals && (waitMs === 0 || unread.length <= maxAhead)
    const isKept = minor === 1 && framing.kind === 'none' && !hop.connection.has('close') && mayStay
    if (waitMs === 0) return this.#tell(answer, isKept)
    this.#state = 'judging'
    this.#client.deadline = never
    // Who sends on meanwhile is read no further.
    if (!isKept) this.#client.stopReading()
    else if (unread.length > 0) this.#client.socket.pause()
    this.#cancelAnswer = door.clock.after(waitMs, () => this.#tell(answer, isKept))
  }

  #tell(answer: Answer, isKept: boolean): void {
    const client = this.#client
    this.#cancelAnswer = null
    const text = formatAnswer({ ...answer, keepsConnection: isKept })
    if (!isKept) return client.close(text)
    client.send(text)
    this.onAnswered(true)
  }

  /** Reads no next head while an answer waits to be taken: who does not read costs no memory. */
  #block(): void {
    this.#state = 'blocked'
    this.#client.socket.pause()
  }
}

function reasonOf({ status }: Bad): Refusal {
  if (status === 501) return 'unsupported'
  return status === 431 ? 'head_too_large' : 'malformed'
}
