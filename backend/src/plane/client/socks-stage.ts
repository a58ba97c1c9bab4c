import type { Stop } from '../../lib/clock.ts'
import { addressGroup } from '../../lib/ip.ts'
import type { Credentials } from '../bytes/basic.ts'
import type { Parsed } from '../bytes/parsed.ts'
import {
  formatSocksReply,
  parseGreeting,
  parsePassword,
  parseSocksRequest,
  socksMethod,
  socksReply,
  socksVersion,
  type SocksRequest,
} from '../bytes/socks5.ts'
import type { Refusal } from '../report.ts'
import { never } from '../sockets/sweep.ts'
import type { FailureKind } from '../upstream/failure.ts'
import { DialStage, type Words } from './dial-stage.ts'
import type { Endpoint } from './endpoint.ts'
import type { Downstream, Stage } from './stage.ts'

const messageTimeoutMs = 10_000
const loginRefused = Buffer.from([1, 1])
const loginTaken = Buffer.from([1, 0])

const replies: Record<FailureKind, number> = {
  refused: socksReply.refused,
  timeout: socksReply.expired,
  broken: socksReply.failed,
  untrusted: socksReply.failed,
  denied: socksReply.failed,
  nonsense: socksReply.failed,
  target: socksReply.unreachable,
  missing: socksReply.networkUnreachable,
  overloaded: socksReply.failed,
}

const words: Words = {
  open: () => formatSocksReply(socksReply.done),
  refuse: ({ kind }) => formatSocksReply(replies[kind]),
}

/**
 * SocksStage speaks SOCKS5 with a client (RFC 1928), with user name and password (RFC 1929). Where a client offers to give a
 * user name on a way in that does not tell the endpoint, it is asked for it, and that decides; an empty one falls back to the
 * address. CONNECT only; the target's name goes to the upstream as it is.
 */
export class SocksStage implements Stage {
  readonly #client: Downstream
  /** What is to come next; `judging`: nothing, an answer is due. */
  #step: 'greeting' | 'login' | 'request' | 'judging' = 'greeting'
  #endpoint: Endpoint | null = null
  #cancelAnswer: Stop | null = null

  constructor(client: Downstream) {
    this.#client = client
  }

  onClientData(chunk: Buffer): void {
    // A client that does not wait for our replies is read no further than the bound of what is held.
    this.#client.hold(chunk)
    this.#advance()
  }

  onClientEnd(): void {
    // An answer that is due comes in its time: silence must not tell faster that a guess was wrong.
    if (this.#step !== 'judging') this.#client.destroy()
  }

  onClientDrain(): void {}

  expire(): void {
    if (this.#step === 'judging') return
    this.#client.refused('head_too_slow')
    this.#client.destroy()
  }

  onClientClose(): void {
    this.#cancelAnswer?.()
  }

  #advance(): void {
    switch (this.#step) {
      case 'greeting':
        return this.#take(parseGreeting, (methods) => this.#greet(methods), null)
      case 'login':
        return this.#take(parsePassword, (credentials) => this.#judge(credentials), loginRefused)
      case 'request':
        return this.#take(parseSocksRequest, (request) => this.#serve(request), formatSocksReply(socksReply.failed))
      case 'judging':
        return
      default:
        return this.#step satisfies never
    }
  }

  /** Reads one message once it is whole; `onBad` is what who sends another is told. */
  #take<T>(parse: (bytes: Buffer) => Parsed<T>, onMessage: (value: T) => void, onBad: Buffer | null): void {
    const { unread } = this.#client
    const parsed = parse(unread.bytes)
    if (parsed.kind === 'incomplete') return
    if (parsed.kind === 'bad') return this.#refuse('malformed', onBad)
    unread.skip(parsed.bytes)
    onMessage(parsed.value)
  }

  #greet(methods: ReadonlySet<number>): void {
    const { clues, door } = this.#client
    const told = door.tells(clues)
    const hasPassword = methods.has(socksMethod.password)
    const asksForName = told === 'anybody' && hasPassword
    const known = told === 'anybody' ? door.recognise(clues, null) : told
    if (known === 'nobody') return this.#refuse('unknown_endpoint', method(socksMethod.refused))
    const isAllowed = known !== null && methods.has(socksMethod.none) && known.access.byAddress(clues.clientAddress)
    if (isAllowed && !asksForName) return this.#letIn(known, method(socksMethod.none), method(socksMethod.refused))
    if (!hasPassword)
      return this.#refuse(known === null ? 'unknown_endpoint' : 'credentials', method(socksMethod.refused))
    this.#client.send(method(socksMethod.password))
    this.#await('login')
  }

  #judge(credentials: Credentials): void {
    const { clues, door } = this.#client
    const told = door.tells(clues)
    const known = told === 'anybody' ? door.recognise(clues, credentials.username) : told
    if (known === null || known === 'nobody') return this.#refuseLater('unknown_endpoint', credentials)
    const verdict = known.access.verdict(clues.clientAddress, credentials)
    if (verdict === 'allowed') return this.#letIn(known, loginTaken, loginRefused)
    known.counters.refuse('credentials')
    this.#refuseLater(null, credentials)
  }

  /** Late for who has guessed wrong often. */
  #refuseLater(reason: Refusal | null, { username }: Credentials): void {
    const { clues, door } = this.#client
    if (reason !== null) this.#client.refused(reason)
    const waitMs = username === '' ? 0 : door.slowDown.count(addressGroup(clues.clientAddress))
    if (waitMs === 0) return this.#client.close(loginRefused)
    this.#step = 'judging'
    this.#client.deadline = never
    this.#cancelAnswer = door.clock.after(waitMs, () => this.#client.close(loginRefused))
  }

  #letIn(endpoint: Endpoint, yes: Buffer, no: Buffer): void {
    if (!this.#client.enter(endpoint)) return this.#refuse(null, no)
    this.#endpoint = endpoint
    this.#client.send(yes)
    this.#await('request')
  }

  #serve(request: SocksRequest): void {
    if (request.kind === 'refused') return this.#refuse('unsupported', formatSocksReply(request.problem))
    if (this.#endpoint !== null) new DialStage(this.#client, this.#endpoint, request, words).start()
  }

  #refuse(reason: Refusal | null, answer: Buffer | null): void {
    if (reason !== null) this.#client.refused(reason)
    if (answer === null) this.#client.destroy()
    else this.#client.close(answer)
  }

  #await(step: 'login' | 'request'): void {
    this.#step = step
    this.#client.deadline = this.#client.door.clock.monotonic() + messageTimeoutMs
    this.#advance()
  }
}

function method(chosen: number): Buffer {
  return Buffer.from([socksVersion, chosen])
}
