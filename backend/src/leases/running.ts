import { Subscribable } from '../lib/subscribable.ts'

/** Running are the keys that are being rotated now. It is work, not truth: a restart ends it. */
export class Running {
  /** Told the id of a key whose rotation began or ended. */
  readonly changed = new Subscribable<[number]>()
  readonly #ids = new Set<number>()

  get ids(): ReadonlySet<number> {
    return this.#ids
  }

  begin(id: number): void {
    this.#ids.add(id)
    this.changed.emit(id)
  }

  end(id: number): void {
    if (this.#ids.delete(id)) this.changed.emit(id)
  }
}
