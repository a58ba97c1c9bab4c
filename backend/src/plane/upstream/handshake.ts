import type { UpstreamFailure } from './failure.ts'

export interface TunnelTarget {
  readonly host: string
  readonly port: number
}

/** What a handshake makes of the bytes so far: more is needed, something is to be sent, or the way is open after `taken`. */
export type Progress =
  | { kind: 'more' }
  | { kind: 'send'; bytes: Buffer | null; taken: number }
  | { kind: 'open'; taken: number }
  | { kind: 'failed'; failure: UpstreamFailure }

/** Handshake asks an upstream for a way to a target. `first` is what is sent to begin with. */
export interface Handshake {
  readonly first: Buffer | string
  next(bytes: Buffer): Progress
}

export const more: Progress = { kind: 'more' }
