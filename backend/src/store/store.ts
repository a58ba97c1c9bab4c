import { isDeepStrictEqual } from 'node:util'

import type { Low } from 'lowdb'

import type { DataFile, Endpoint, JoinedProxy, ProxyKey } from '../contract/index.ts'
import type { Clock, Stop } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { messageOf, Problem, systemCodeOf } from '../lib/problem.ts'
import { Subscribable } from '../lib/subscribable.ts'
import type { Vault } from '../lib/vault.ts'
import { DataJson } from './data-json.ts'
import { checkChanges } from './invariants.ts'
import { loadData } from './load.ts'
import { endpointNotFound, keyNotFound, State, type Changes, type ChangeSet, type Recipe } from './state.ts'

export type { ChangeSet, Recipe, StoreDraft } from './state.ts'

/** How long an observation may wait for the disk, in milliseconds. */
const observationDelayMs = 60_000
const retryDelayMs = 5_000

interface StoreParts {
  dataDir: string
  vault: Vault
  clock: Clock
  log: Log
  /** Runs every recipe twice, and throws where that does not give the same: for tests. */
  runsTwice?: boolean
}

/** Waiting is a change that was asked for, and whom to tell what became of it. */
interface Waiting {
  /** Applies it to the data as the changes before it left them. Returns what it did, and how to tell of its success. */
  apply(state: State): Applied & { succeed: () => void }
  fail(error: unknown): void
}

interface Applied {
  readonly next: State
  readonly changes: Changes
}

/**
 * Store holds the truth. `change` is for decisions: memory changes only when the disk did. `record` is for facts that
 * happened outside whether or not the disk takes them (an upstream was replaced, another exit was found): memory changes at once,
 * the disk follows. Both are done in order of the calls; changes that were asked for while the disk was busy are written
 * together, and each of them is still done wholly or not at all.
 */
export class Store {
  readonly #low: Low<DataFile>
  readonly #clock: Clock
  readonly #log: Log
  readonly #changed: Subscribable<[ChangeSet]>
  readonly #runsTwice: boolean
  #state: State
  #version = 0
  #tail: Promise<unknown> = Promise.resolve()
  /** The changes that will be written next, while more may join them. */
  #joinable: Waiting[] | null = null
  #isDirty = false
  #flushAt = Number.POSITIVE_INFINITY
  #cancelFlush: Stop = () => {}
  #isClosed = false

  private constructor(low: Low<DataFile>, { clock, log, runsTwice = false }: StoreParts) {
    this.#low = low
    this.#state = State.of(low.data)
    this.#clock = clock
    this.#log = log
    this.#runsTwice = runsTwice
    // The change stands, on the disk too: what fails with a follower is the follower's.
    this.#changed = new Subscribable((error) =>
      log.error({ reason: messageOf(error) }, 'something failed to follow a change; it stands'),
    )
  }

  /** Opens or creates the data file. A file that is damaged, newer or sealed with another key is a StartError. */
  static async open(parts: StoreParts): Promise<Store> {
    const file = new DataJson<DataFile>(parts.dataDir, (keptAs) =>
      parts.log.warn({ keptAs }, 'data.json was edited while Stillpoint ran; the edit was set aside, not read'),
    )
    return new Store(await loadData(file, parts.vault), parts)
  }

  /** The data as of now; frozen, rows that did not change stay the same objects. */
  get data(): DataFile {
    return this.#state.data
  }

  findKey(id: number): ProxyKey | undefined {
    return this.#state.keys.find(id)
  }

  /** Throws Problem `not_found`. */
  getKey(id: number): ProxyKey {
    const key = this.findKey(id)
    if (!key) throw keyNotFound(id)
    return key
  }

  findEndpoint(id: number): Endpoint | undefined {
    return this.#state.endpoints.find(id)
  }

  /** Throws Problem `not_found`. */
  getEndpoint(id: number): Endpoint {
    const endpoint = this.findEndpoint(id)
    if (!endpoint) throw endpointNotFound(id)
    return endpoint
  }

  /** Every key with its endpoint; what did not change is the same object. */
  get proxies(): readonly JoinedProxy[] {
    return this.#state.proxies
  }

  /** The key with this id and its endpoint. */
  findProxy(keyId: number): JoinedProxy | undefined {
    return this.#state.findProxy(keyId)
  }

  /** Throws Problem `not_found`. */
  getProxy(keyId: number): JoinedProxy {
    const proxy = this.findProxy(keyId)
    if (!proxy) throw keyNotFound(keyId)
    return proxy
  }

  /** The endpoint with this id and its key. */
  findProxyAt(endpointId: number): JoinedProxy | undefined {
    const endpoint = this.findEndpoint(endpointId)
    return endpoint && this.findProxy(endpoint.key_ids[0])
  }

  get isOpen(): boolean {
    return !this.#isClosed
  }

  /** Tells of every change once it stands. What a subscriber throws is logged, and harms neither the change nor the others. */
  subscribe(subscriber: (changes: ChangeSet) => void): Stop {
    return this.#changed.subscribe(subscriber)
  }

  /** Applies a recipe durably. Throws what the recipe throws, or Problem `storage_full` / `storage_failed`. */
  change<T>(recipe: Recipe<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#join({
        apply: (state) => {
          const { result, ...applied } = this.#apply(state, recipe)
          return { ...applied, succeed: () => resolve(result) }
        },
        fail: reject,
      })
    })
  }

  /** Applies a recipe to memory; the disk follows within `delayMs`, at the latest with the next change. */
  record(recipe: Recipe<void>, delayMs: number = observationDelayMs): Promise<void> {
    return this.#enqueue(() => {
      const applied = this.#apply(this.#state, recipe)
      if (applied.next === this.#state) return
      this.#isDirty = true
      this.#swap(applied)
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
    if (this.#isDirty) await this.#write(this.#state.data)
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
    let all: Applied | null = null
    for (const waiting of group) {
      try {
        const { next, changes, succeed } = waiting.apply(all?.next ?? this.#state)
        all = { next, changes: all === null ? changes : next.merge(all.changes, changes) }
        succeeds.push(succeed)
      } catch (error) {
        waiting.fail(error)
      }
    }
    if (all !== null && all.next !== this.#state) {
      await this.#write(all.next.data)
      this.#swap(all)
    }
    for (const succeed of succeeds) succeed()
  }

  #apply<T>(state: State, recipe: Recipe<T>): Applied & { result: T } {
    const { changes, result } = state.try(recipe)
    if (this.#runsTwice && !isDeepStrictEqual(state.try(recipe), { changes, result }))
      throw new TypeError('a recipe did not do the same when it was run again')
    const next = state.apply(changes)
    checkChanges(changes, next)
    return { next, changes, result }
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

  #swap({ next, changes: { keys, endpoints, users, sessions, settings } }: Applied): void {
    this.#state = next
    this.#version += 1
    this.#changed.emit({ version: this.#version, keys, endpoints, users, sessions, settings })
  }

  async #write(next: DataFile): Promise<void> {
    try {
      this.#low.data = next
      await this.#low.write()
      this.#isDirty = false
      this.#flushAt = Number.POSITIVE_INFINITY
      this.#cancelFlush()
    } catch (error) {
      this.#low.data = this.#state.data
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
      await this.#enqueue(() => this.#write(this.#state.data))
    } catch {
      // Logged where it failed; what is in memory is tried again.
      if (!this.#isClosed) this.#flushWithin(retryDelayMs)
    }
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
