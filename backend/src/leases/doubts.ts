/** Doubts are the keys whose upstream may have changed without our knowing, and how much too late the times that they hold may be. */
export class Doubts {
  readonly #lateMs = new Map<number, number>()

  /** Without `lateMs`, in milliseconds, what was said before goes on. */
  add(id: number, lateMs: number = this.lateMs(id)): void {
    this.#lateMs.set(id, lateMs)
  }

  has(id: number): boolean {
    return this.#lateMs.has(id)
  }

  lateMs(id: number): number {
    return this.#lateMs.get(id) ?? 0
  }

  delete(id: number): void {
    this.#lateMs.delete(id)
  }
}
