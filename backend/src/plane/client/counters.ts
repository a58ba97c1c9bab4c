import { refusals, type Refusal, type Traffic } from '../report.ts'

/** noRefusals are all reasons, none of which was met. */
export function noRefusals(): Record<Refusal, number> {
  return Object.fromEntries(refusals.map((reason) => [reason, 0])) as Record<Refusal, number>
}

/** Counters are what one endpoint carried since the start. Each change is told once until they are read. */
export class Counters {
  #connections = 0
  #tunnels = 0
  #requests = 0
  #bytesIn = 0
  #bytesOut = 0
  readonly #refused = noRefusals()
  readonly #onChange: () => void
  #isTold = false

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  /** One more connection is open (1), or one less (-1). */
  open(change: 1 | -1): void {
    this.#connections += change
    this.touch()
  }

  openTunnel(change: 1 | -1): void {
    this.#tunnels += change
    this.touch()
  }

  addRequest(): void {
    this.#requests += 1
    this.touch()
  }

  addIn(bytes: number): void {
    this.#bytesIn += bytes
    if (!this.#isTold) this.touch()
  }

  addOut(bytes: number): void {
    this.#bytesOut += bytes
    if (!this.#isTold) this.touch()
  }

  refuse(reason: Refusal): void {
    this.#refused[reason] += 1
    this.touch()
  }

  /** Something was changed. */
  touch(): void {
    if (this.#isTold) return
    this.#isTold = true
    this.#onChange()
  }

  read(): Traffic {
    this.#isTold = false
    return {
      connections: this.#connections,
      tunnels: this.#tunnels,
      requests: this.#requests,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      refused: { ...this.#refused },
    }
  }
}
