/**
 * Lifetime tells whoever waits on behalf of a client that the client is gone. It is what an AbortSignal would be, at a
 * fraction of the cost: thousands of these are made and ended a second.
 */
export class Lifetime {
  isOver = false
  readonly #enders = new Set<() => void>()

  /** Has `job` called when it ends; not at all if it has ended. */
  add(job: () => void): void {
    this.#enders.add(job)
  }

  delete(job: () => void): void {
    this.#enders.delete(job)
  }

  end(): void {
    this.isOver = true
    for (const job of this.#enders) job()
    this.#enders.clear()
  }
}
