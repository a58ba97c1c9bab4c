import { Problem } from '../lib/problem.ts'

/** Turns lets the jobs of one key run one after the other, in order of their calls, and those of different keys side by side. */
export class Turns {
  readonly #last = new Map<number, Promise<unknown>>()
  #isStopping = false

  get isStopping(): boolean {
    return this.#isStopping
  }

  /** Rejects with what the job throws, or with Problem `stopping`. */
  run<T>(id: number, job: () => Promise<T>): Promise<T> {
    const previous = this.#last.get(id) ?? Promise.resolve()
    const run = previous.then(() => {
      if (this.#isStopping) throw stoppingProblem()
      return job()
    })
    const settled: Promise<unknown> = run
      .catch(() => {})
      .finally(() => {
        if (this.#last.get(id) === settled) this.#last.delete(id)
      })
    this.#last.set(id, settled)
    return run
  }

  /** Begins no more jobs and resolves when those under way have ended. */
  async stop(): Promise<void> {
    this.#isStopping = true
    while (this.#last.size > 0) await Promise.allSettled(this.#last.values())
  }
}

export function stoppingProblem(): Problem {
  return new Problem('stopping', 'Stillpoint is stopping.')
}
