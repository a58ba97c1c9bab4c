import type { Stop } from '../../lib/clock.ts'
import { addressGroup } from '../../lib/ip.ts'
import { formatSocks4Reply, parseSocks4, type Socks4Request } from '../bytes/socks4.ts'
import type { Refusal } from '../report.ts'
import { never } from '../sockets/sweep.ts'
import { DialStage, type Words } from './dial-stage.ts'
import type { Downstream, Stage } from './stage.ts'

const words: Words = { open: () => formatSocks4Reply(true), refuse: () => formatSocks4Reply(false) }

/** Socks4Stage speaks SOCKS4 and 4a with a client, whose user id is `proxyN:token` unless its address is allowed. */
export class Socks4Stage implements Stage {
  readonly #client: Downstream
  #cancelAnswer: Stop | null = null

  constructor(client: Downstream) {
    this.#client = client
  }

  onClientData(chunk: Buffer): void {
    const { unread } = this.#client
    this.#client.hold(chunk)
    if (this.#cancelAnswer !== null) return
    const parsed = parseSocks4(unread.bytes)
    if (parsed.kind === 'incomplete') return
    if (parsed.kind === 'bad') return this.#refuse('malformed')
    unread.skip(parsed.bytes)
    this.#serve(parsed.value)
  }

  onClientEnd(): void {
    // An answer that is due comes in its time: silence must not tell faster that a guess was wrong.
    if (this.#cancelAnswer === null) this.#client.destroy()
  }

  onClientDrain(): void {}

  expire(): void {
    this.#client.refused('head_too_slow')
    this.#client.destroy()
  }

  onClientClose(): void {
    this.#cancelAnswer?.()
  }

  #serve({ host, port, credentials }: Socks4Request): void {
    const { clues, door } = this.#client
    const told = door.tells(clues)
    const known = told === 'anybody' ? door.recognise(clues, credentials?.username ?? null) : told
    if (known === null || known === 'nobody') return this.#refuseLater('unknown_endpoint', credentials !== null)
    const verdict = known.access.verdict(clues.clientAddress, credentials)
    if (verdict !== 'allowed') {
      known.counters.refuse('credentials')
      return this.#refuseLater(null, verdict === 'wrong_credentials')
    }
    if (!this.#client.enter(known)) return this.#refuse(null)
    if (host === null) return this.#refuse('unsupported')
    new DialStage(this.#client, known, { host, port }, words).start()
  }

  /** Late for who has guessed wrong often. */
  #refuseLater(reason: Refusal | null, isGuess: boolean): void {
    const { clues, door } = this.#client
    if (reason !== null) this.#client.refused(reason)
    const waitMs = isGuess ? door.slowDown.count(addressGroup(clues.clientAddress)) : 0
    if (waitMs === 0) return this.#refuse(null)
    this.#client.deadline = never
    this.#cancelAnswer = door.clock.after(waitMs, () => this.#refuse(null))
  }

  #refuse(reason: Refusal | null): void {
    if (reason !== null) this.#client.refused(reason)
    this.#client.close(formatSocks4Reply(false))
  }
}
