import type { KeyRefusal, Region } from '../contract/index.ts'

/** Upstream is the proxy that a provider lends to a key now. Times are local milliseconds since the epoch. */
export interface Upstream {
  /** host:port of the HTTP proxy. */
  http: string
  /** host:port of the SOCKS5 proxy, where there is one. */
  socks5: string | null
  exitIp: string | null
  location: string | null
  /** Null for an upstream without an end. */
  expiresAt: number | null
  /** The end of the cooldown. */
  nextRotationAt: number | null
  ttlSeconds: number | null
  cooldownSeconds: number | null
}

/**
 * ProviderReply is every answer that a provider can be expected to give, a broken one included. `message` is in plain
 * words and holds no key. After `unavailable` the provider may have acted although it did not say so: ask for the current
 * upstream before asking for a new one again.
 */
export type ProviderReply =
  | { kind: 'upstream'; upstream: Upstream }
  | { kind: 'none' }
  | { kind: 'cooldown'; retryAfterMs: number | null }
  | { kind: 'key_rejected'; code: KeyRefusal['code']; message: string }
  | { kind: 'out_of_stock'; message: string }
  | { kind: 'unavailable'; message: string; retryAfterMs: number | null }

/** Lane parts calls that somebody waits for from those that nobody does: neither has to queue behind the other. */
export type Lane = 'interactive' | 'background'

/** Provider speaks one company's API. Its calls never throw for anything that the other side does. */
export interface Provider {
  /** Asks for a new upstream: the rotation. */
  rotate(key: string, region: Region, lane: Lane): Promise<ProviderReply>
  /** Asks which upstream the key holds; `none` when it holds none. Changes nothing. */
  current(key: string, lane: Lane): Promise<ProviderReply>
  /** Gives the key's upstream back; `none` when that is done. */
  release(key: string): Promise<ProviderReply>
  close(): Promise<void>
}
