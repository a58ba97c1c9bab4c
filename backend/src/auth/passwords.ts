import { Worker } from 'node:worker_threads'

import { maxPasswordBytes, opaqueString } from '../contract/index.ts'
import type { Clock, Stop } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import type { BcryptReply, BcryptResult, BcryptTask } from './bcrypt-worker.ts'
import { WaitingLine, type Place } from './waiting-line.ts'

const idleMs = 10_000
/** Eight that wait are done by then. */
const retryAfterSeconds = 2

/** A hash of nobody's password, so that an unknown user name takes as long as a wrong password. */
const decoyHash = '$2b$11$a5xpBkZqArwRg/117OBWMuDFxh9ObZ6xohWbJL2ytmbMzbJF0iMKy'

/** Applicant is for whom a password is compared; `signal` says that he has gone. */
export interface Applicant extends Place {
  signal?: AbortSignal
}

const ourselves: Applicant = { standing: 'signed_in', group: 'ourselves' }

interface Job extends Place {
  task: BcryptTask
  resolve(value: BcryptResult): void
  reject(error: Error): void
}

/**
 * Passwords hashes and compares with bcrypt in a thread of its own: bcryptjs would hold up every connection of this process
 * for a tenth of a second at a time. At most 8 wait for it: for others it throws Problem `too_many_attempts`. Who leaves costs
 * nothing more. The thread ends after 10 idle seconds.
 */
export class Passwords {
  readonly #clock: Clock
  readonly #line = new WaitingLine<Job>()
  #running: Job | null = null
  #worker: Worker | null = null
  #cancelIdle: Stop = () => {}

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async hash(password: string): Promise<string> {
    return String(await this.#run({ kind: 'hash', password: opaqueString(password) }, ourselves))
  }

  /** Compares with `hash`; without one it is false, after the same work. */
  async verify(password: string, hash: string | undefined, applicant: Applicant): Promise<boolean> {
    const spellings = spellingsOf(password)
    const passwords = spellings.length === 0 ? [''] : spellings
    const isMatch = await this.#run({ kind: 'compare', passwords, hash: hash ?? decoyHash }, applicant)
    return isMatch === true && hash !== undefined && spellings.length > 0
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

  #run(task: BcryptTask, { standing, group, signal }: Applicant): Promise<BcryptResult> {
    return new Promise((resolve, reject) => {
      const job: Job = { task, standing, group, resolve, reject }
      const onGone = () => {
        if (this.#line.leave(job)) reject(new Error('whoever asked for this has gone'))
      }
      this.#line.join(job)?.reject(tooMany())
      signal?.addEventListener('abort', onGone, { once: true })
      if (signal?.aborted) onGone()
      this.#startNext()
    })
  }

  #startNext(): void {
    if (this.#running !== null) return
    const job = this.#line.next()
    if (!job) return
    this.#cancelIdle()
    this.#running = job
    this.#worker ??= this.#spawn()
    this.#worker.postMessage(job.task)
  }

  #spawn(): Worker {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const worker = new Worker(new URL(`./bcrypt-worker.${extension}`, import.meta.url))
    worker.on('message', (reply: Partial<BcryptReply>) => {
      if (reply.kind !== 'bcrypt' || reply.value === undefined) return
      this.#running?.resolve(reply.value)
      this.#running = null
      this.#startNext()
      if (this.#running === null) this.#cancelIdle = this.#clock.after(idleMs, () => void this.#endWorker())
    })
    worker.on('error', (error) => {
      if (this.#worker === worker) this.#worker = null
      this.#failAll(error instanceof Error ? error : new Error(String(error)))
    })
    return worker
  }

  #failAll(error: Error): void {
    this.#running?.reject(error)
    this.#running = null
    for (const job of this.#line.clear()) job.reject(error)
  }
}

function tooMany(): Problem {
  const text = `Too many are signing in just now. Try again in ${retryAfterSeconds} s.`
  return new Problem('too_many_attempts', text, { retryAfterSeconds })
}

/**
 * The spellings of a password that may have been hashed: the one of `opaqueString`, and for hashes that are older than it the one
 * that was typed and the decomposed one. bcrypt reads only 72 bytes: a longer one is wrong, whatever its beginning is.
 */
function spellingsOf(password: string): string[] {
  const spellings = new Set([opaqueString(password), password, password.normalize('NFD')])
  return [...spellings].filter((spelling) => Buffer.byteLength(spelling) <= maxPasswordBytes)
}
