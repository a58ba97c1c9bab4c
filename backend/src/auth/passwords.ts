import { Worker } from 'node:worker_threads'

import type { Clock, Stop } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import type { BcryptResult, BcryptTask } from './bcrypt-worker.ts'

const idleMs = 10_000

/** A hash of nobody's password, so that an unknown user name takes as long as a wrong password. */
const decoyHash = '$2b$11$a5xpBkZqArwRg/117OBWMuDFxh9ObZ6xohWbJL2ytmbMzbJF0iMKy'

type Work = { kind: 'hash'; password: string } | { kind: 'compare'; password: string; hash: string }

interface Waiting {
  resolve(value: string | boolean): void
  reject(error: Error): void
}

/**
 * Passwords hashes and compares with bcrypt in a thread of its own: bcryptjs would hold up every connection of this process
 * for a tenth of a second at a time. The thread ends after 10 idle seconds.
 */
export class Passwords {
  readonly #clock: Clock
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | null = null
  #nextId = 1
  #cancelIdle: Stop = () => {}

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async hash(password: string): Promise<string> {
    return String(await this.#run({ kind: 'hash', password }))
  }

  /** Compares with `hash`; without one it is false, after the same work. */
  async verify(password: string, hash: string | undefined): Promise<boolean> {
    const isMatch = await this.#run({ kind: 'compare', password, hash: hash ?? decoyHash })
    return isMatch === true && hash !== undefined
  }

  async stop(): Promise<void> {
    this.#failAll(new Problem('stopping', 'Stillpoint is stopping.'))
    await this.#endWorker()
  }

  async #endWorker(): Promise<void> {
    this.#cancelIdle()
    const worker = this.#worker
    this.#worker = null
    await worker?.terminate()
  }

  #run(work: Work): Promise<string | boolean> {
    this.#cancelIdle()
    this.#worker ??= this.#spawn()
    const task: BcryptTask = { id: this.#nextId++, ...work }
    const result = new Promise<string | boolean>((resolve, reject) => this.#waiting.set(task.id, { resolve, reject }))
    this.#worker.postMessage(task)
    return result
  }

  #spawn(): Worker {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const worker = new Worker(new URL(`./bcrypt-worker.${extension}`, import.meta.url))
    worker.on('message', (result: BcryptResult) => {
      this.#waiting.get(result.id)?.resolve(result.value)
      this.#waiting.delete(result.id)
      if (this.#waiting.size === 0) this.#cancelIdle = this.#clock.after(idleMs, () => void this.#endWorker())
    })
    worker.on('error', (error) => {
      if (this.#worker === worker) this.#worker = null
      this.#failAll(error instanceof Error ? error : new Error(String(error)))
    })
    return worker
  }

  #failAll(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
  }
}
