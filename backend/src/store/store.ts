import { produce, type Draft } from 'immer'
import { Low } from 'lowdb'

import { dataFileVersion, defaultSettings, type DataFile } from '../contract/index.ts'
import type { Clock, Stop } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { messageOf, Problem, StartError, systemCodeOf } from '../lib/problem.ts'
import { Subscribable } from '../lib/subscribable.ts'
import type { Vault } from '../lib/vault.ts'
import { DataJson } from './data-json.ts'
import { migrate } from './migrations.ts'
import { checkChange, parseDataFile } from './validate.ts'

/** Recipe alters a draft of the data. It is synchronous; when it throws, nothing has changed. */
export type Recipe<T> = (draft: Draft<DataFile>) => T

/** How long an observation may wait for the disk, in milliseconds. */
const observationDelayMs = 60_000
const retryDelayMs = 5_000
const secretCheckText = 'stillpoint'

interface StoreParts {
  dataDir: string
  vault: Vault
  clock: Clock
  log: Log
}

/** Waiting is a change that was asked for, and whom to tell what became of it. */
interface Waiting {
  /** Applies it to the data as the changes before it left them. Returns the data after it, and how to tell of its success. */
  apply(data: DataFile): { next: DataFile; succeed: () => void }
  fail(error: unknown): void
}

/**
 * Store holds the truth. `change` is for decisions: memory changes only when the disk did. `record` is for facts that
 * happened outside whether or not the disk takes them (an upstream was replaced, a check was made): memory changes at once,
 * the disk follows. Both are done in order of the calls; changes that were asked for while the disk was busy are written
 * together, and each of them is still done wholly or not at all.
 */
export class Store {
  readonly #low: Low<DataFile>
  readonly #clock: Clock
  readonly #log: Log
  readonly #changes = new Subscribable<[next: DataFile, previous: DataFile]>()
  #data: DataFile
  #tail: Promise<unknown> = Promise.resolve()
  /** The changes that will be written next, while more may join them. */
  #joinable: Waiting[] | null = null
  #isDirty = false
  #flushAt = Number.POSITIVE_INFINITY
  #cancelFlush: Stop = () => {}
  #isClosed = false

  private constructor(low: Low<DataFile>, parts: StoreParts) {
    this.#low = low
    this.#data = low.data
    this.#clock = parts.clock
    this.#log = parts.log
  }

  /** Opens or creates the data file. A file that is damaged, newer or sealed with another key is a StartError. */
  static async open(parts: StoreParts): Promise<Store> {
    const file = new DataJson<DataFile>(parts.dataDir, (keptAs) =>
      parts.log.warn({ keptAs }, 'data.json was edited while Stillpoint ran; the edit was set aside, not read'),
    )
    const raw = await file.read()
    const data = raw === null ? emptyData(parts.vault) : parseDataFile(migrate(raw, file.path), file.path)
    checkSecret(data, parts.vault, file.path)
    const low = new Low<DataFile>(
      file,
      produce(data, () => {}),
    )
    const isNewOrMigrated = raw === null || raw.version !== dataFileVersion
    if (isNewOrMigrated) await low.write()
    return new Store(low, parts)
  }

  /** The data as of now; frozen, rows that did not change stay the same objects. */
  get data(): DataFile {
    return this.#data
  }

  get isOpen(): boolean {
    return !this.#isClosed
  }

  subscribe(subscriber: (next: DataFile, previous: DataFile) => void): Stop {
    return this.#changes.subscribe(subscriber)
  }

  /** Applies a recipe durably. Throws what the recipe throws, or Problem `storage_full` / `storage_failed`. */
  change<T>(recipe: Recipe<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#join({
        apply: (data) => {
          const { next, result } = apply(data, recipe)
          return { next, succeed: () => resolve(result) }
        },
        fail: reject,
      })
    })
  }

  /** Applies a recipe to memory; the disk follows within `delayMs`, at the latest with the next change. */
  record(recipe: Recipe<void>, delayMs: number = observationDelayMs): Promise<void> {
    return this.#enqueue(() => {
      const { next } = apply(this.#data, recipe)
      if (next === this.#data) return
      this.#isDirty = true
      this.#swap(next)
      this.#flushWithin(delayMs)
    })
  }

  /** Writes what the disk does not have yet and refuses changes from then on. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    await this.#enqueue(() => {
      this.#isClosed = true
    })
    this.#cancelFlush()
    if (this.#isDirty) await this.#write(this.#data)
  }

  #join(waiting: Waiting): void {
    if (this.#joinable !== null) return void this.#joinable.push(waiting)
    const group = [waiting]
    const commit = this.#enqueue(() => {
      if (this.#joinable === group) this.#joinable = null
      return this.#commit(group)
    })
    this.#joinable = group
    commit.catch((error: unknown) => {
      for (const each of group) each.fail(error)
    })
  }

  /** Writes what these changes make of the data; one that throws is left out. */
  async #commit(group: readonly Waiting[]): Promise<void> {
    const succeeds: (() => void)[] = []
    let next = this.#data
    for (const waiting of group) {
      try {
        const applied = waiting.apply(next)
        next = applied.next
        succeeds.push(applied.succeed)
      } catch (error) {
        waiting.fail(error)
      }
    }
    if (next !== this.#data) {
      await this.#write(next)
      this.#swap(next)
    }
    for (const succeed of succeeds) succeed()
  }

  #enqueue<T>(job: () => Promise<T> | T): Promise<T> {
    this.#joinable = null
    const run = this.#tail.then(() => {
      if (this.#isClosed) throw new Problem('stopping', 'Stillpoint is stopping.')
      return job()
    })
    this.#tail = run.catch(() => {})
    return run
  }

  #swap(next: DataFile): void {
    const previous = this.#data
    this.#data = next
    this.#changes.emit(next, previous)
  }

  async #write(next: DataFile): Promise<void> {
    try {
      this.#low.data = next
      await this.#low.write()
      this.#isDirty = false
      this.#flushAt = Number.POSITIVE_INFINITY
      this.#cancelFlush()
    } catch (error) {
      this.#low.data = this.#data
      this.#log.error({ reason: messageOf(error) }, 'the data file could not be written; what runs goes on')
      throw storageProblem(error)
    }
  }

  #flushWithin(delayMs: number): void {
    const at = this.#clock.monotonic() + delayMs
    if (at >= this.#flushAt) return
    this.#flushAt = at
    this.#cancelFlush()
    this.#cancelFlush = this.#clock.after(delayMs, () => void this.#flush())
  }

  async #flush(): Promise<void> {
    this.#flushAt = Number.POSITIVE_INFINITY
    if (!this.#isDirty || this.#isClosed) return
    try {
      await this.#enqueue(() => this.#write(this.#data))
    } catch {
      // Logged where it failed; what is in memory is tried again.
      if (!this.#isClosed) this.#flushWithin(retryDelayMs)
    }
  }
}

function apply<T>(data: DataFile, recipe: Recipe<T>): { next: DataFile; result: T } {
  const results: T[] = []
  const next = produce(data, (draft) => {
    results.push(recipe(draft))
  })
  checkChange(data, next)
  const [result] = results
  return { next, result: result as T }
}

function emptyData(vault: Vault): DataFile {
  return {
    version: dataFileVersion,
    secret_check: vault.seal(secretCheckText),
    next_proxy_id: 1,
    settings: defaultSettings,
    users: [],
    sessions: [],
    proxy_keys: [],
  }
}

function checkSecret(data: DataFile, vault: Vault, path: string): void {
  try {
    vault.open(data.secret_check)
  } catch (error) {
    throw new StartError(
      `${path} is encrypted with another key. Start with the SECRET_KEY (or the data folder's secret.key) that it was written with. Nothing was changed.`,
      { cause: error },
    )
  }
}

function storageProblem(error: unknown): Problem {
  const code = systemCodeOf(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Problem('storage_full', 'The disk is full: nothing was changed. Free some space and try again.', {
      cause: error,
    })
  }
  return new Problem(
    'storage_failed',
    `The data folder can't be written (${code ?? 'unknown reason'}): nothing was changed. Check its permissions and try again.`,
    { cause: error },
  )
}
