import type { ProxyKey } from '../contract/index.ts'
import type { Upstream } from '../providers/provider.ts'
import { isSameLease, shiftTime } from './lease.ts'

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

  /** Whether the provider's reply is about the upstream that the key holds, whichever of its ends is the right one. */
  isHeld(key: ProxyKey, upstream: Upstream): boolean {
    if (key.remote_http === null) return false
    const expiration_at = shiftTime(key.expiration_at, -this.lateMs(key.id))
    return isSameLease(key, upstream) || isSameLease({ ...key, expiration_at }, upstream)
  }
}
