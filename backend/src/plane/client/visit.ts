import type { Socket } from 'node:net'

/** Visit is a connection that asks for a web site, and what was read of it. */
export interface Visit {
  readonly socket: Socket
  readonly bytes: Buffer
  readonly clientAddress: string
  /** It came over TLS, or through a proxy that is trusted to have ended it. */
  readonly isSecure: boolean
  /** The endpoint on whose own port it came; null on the shared ones. */
  readonly endpoint: string | null
  /** Counts it among strangers no longer: its visitor has shown who he is. */
  readonly admit: () => void
}
