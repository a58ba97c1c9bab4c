import type { JoinedProxy } from '../contract/index.ts'
import type { Clock, Stop } from '../lib/clock.ts'
import { Subscribable } from '../lib/subscribable.ts'

/** How long a deleted key can be brought back, in milliseconds. */
export const undoMs = 10_000

/** DeletedKey is what is left of a key and its endpoint for a while. */
export interface DeletedKey {
  readonly proxy: JoinedProxy
  /** Its upstream was given back. */
  readonly isReleased: boolean
}

/**
 * Deleted are keys that were deleted just now and can still be brought back, with their token, number and history. They are kept in
 * memory alone: the file does not have them, so a process that ends meanwhile ends them.
 */
export class Deleted {
  /** Told the id of a key that can be brought back no longer. */
  readonly over = new Subscribable<[number]>()
  readonly #clock: Clock
  readonly #kept = new Map<number, DeletedKey & { cancel: Stop }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  keep(deleted: DeletedKey): void {
    const { id } = deleted.proxy.key
    this.#kept.get(id)?.cancel()
    this.#kept.set(id, { ...deleted, cancel: this.#clock.after(undoMs, () => this.#end(id)) })
  }

  find(id: number): DeletedKey | undefined {
    return this.#kept.get(id)
  }

  /** It is there again. */
  forget(id: number): void {
    this.#kept.get(id)?.cancel()
    this.#kept.delete(id)
  }

  /** Ends all of them now. */
  stop(): void {
    for (const id of this.#kept.keys()) this.#end(id)
  }

  #end(id: number): void {
    this.forget(id)
    this.over.emit(id)
  }
}
