import { lookedAtEverySecond } from '../sockets/sweep.ts'
import { Dial, type DialOwner, type Way } from '../upstream/dial.ts'
import { refusalOf, type UpstreamFailure } from '../upstream/failure.ts'
import type { TunnelTarget } from '../upstream/handshake.ts'
import type { Endpoint } from './endpoint.ts'
import type { Downstream, Stage } from './stage.ts'
import { Tunnel } from './tunnel.ts'

/** Words are what a client is told in its protocol, once the way is open or where there is none. */
export interface Words {
  open(): Buffer | string
  refuse(failure: UpstreamFailure): Buffer | string
}

/** DialStage opens a way to the target of a tunnel; what the client sends meanwhile waits. */
export class DialStage implements Stage, DialOwner {
  readonly #client: Downstream
  readonly #endpoint: Endpoint
  readonly #words: Words
  readonly #dial: Dial

  constructor(client: Downstream, endpoint: Endpoint, target: TunnelTarget, words: Words) {
    this.#client = client
    this.#endpoint = endpoint
    this.#words = words
    this.#dial = new Dial({ place: endpoint, target, isPlain: false, owner: this })
  }

  start(): void {
    this.#endpoint.counters.addRequest()
    this.#client.become(this)
    this.#client.deadline = lookedAtEverySecond
    this.#dial.start()
  }

  onWay(way: Way): void {
    this.#client.send(this.#words.open())
    new Tunnel(way, this.#client, this.#endpoint).start()
  }

  onBarred(failure: UpstreamFailure): void {
    this.#client.refused(refusalOf(failure))
    this.#client.close(this.#words.refuse(failure))
  }

  onClientData(chunk: Buffer): void {
    this.#client.hold(chunk)
  }

  onClientEnd(): void {
    // Who ends before the tunnel is open, and has sent nothing for it, is gone.
    if (this.#client.unread.length === 0) this.#client.destroy()
  }

  onClientDrain(): void {}

  expire(): void {
    this.#dial.checkTime()
  }

  onClientClose(): void {
    this.#dial.stop()
  }
}
