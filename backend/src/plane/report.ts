/** Refusal is why work was turned away. It is named where that is decided, never guessed from a status. */
export type Refusal = (typeof refusals)[number]

export const refusals = [
  /** No credentials, or wrong ones. */
  'credentials',
  /** Nothing tells which endpoint is meant, or a name that is none's. */
  'unknown_endpoint',
  'malformed',
  'head_too_large',
  'head_too_slow',
  'too_many_connections',
  /** What was asked for is not offered: another command of SOCKS, a target that can't be one. */
  'unsupported',
  /** There is no upstream now. */
  'upstream_missing',
  /** The upstream could not be reached, broke off or answered nonsense. */
  'upstream',
  /** The upstream wants other credentials. */
  'upstream_denied',
  /** The upstream could not, or would not, reach the target. */
  'target',
] as const

/** Traffic is what one endpoint carried since the process started, as seen by its clients; what is open is open now. */
export interface Traffic {
  readonly connections: number
  readonly tunnels: number
  readonly requests: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly refused: Readonly<Record<Refusal, number>>
}

/** Drain is what became of the work of one kind that a change of upstream found open. */
export interface Drain {
  readonly open: number
  /** Closed in a pause. */
  readonly idle: number
  /** Ended by themselves. */
  readonly finished: number
  /** Cut when the time was over. */
  readonly cut: number
}

export type ListenerState = 'listening' | 'failed' | 'stopped'

/** PlaneReport is what the plane tells: plain data. It may be lost or come late; the last of each kind and id counts. */
export type PlaneReport =
  /** The table with this revision is in force. */
  | { readonly kind: 'applied'; readonly revision: number }
  /** The own port of an endpoint opened, closed, or could not be opened. */
  | {
      readonly kind: 'listener'
      readonly id: number
      readonly state: ListenerState
      readonly reason: string | null
    }
  /** The counters of the endpoints that changed. */
  | { readonly kind: 'traffic'; readonly rows: readonly { readonly id: number; readonly traffic: Traffic }[] }
  /** What was turned away before an endpoint was known, since the start. */
  | { readonly kind: 'strangers'; readonly open: number; readonly refused: Readonly<Record<Refusal, number>> }
  /** What became so far of the work that was open when a lease was replaced; `isOver` once all of it has ended. */
  | {
      readonly kind: 'drain'
      readonly id: number
      /** The lease that came after. */
      readonly leaseId: string | null
      readonly tunnels: Drain
      readonly requests: Drain
      readonly isOver: boolean
    }
  /** Several connections in a row failed on this upstream, or it refused our credentials. */
  | {
      readonly kind: 'upstream_failing'
      readonly id: number
      readonly leaseId: string
      readonly reason: 'unreachable' | 'denied'
    }
