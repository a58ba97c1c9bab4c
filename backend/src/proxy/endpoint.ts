import type { Socket } from 'node:net'

import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { AccessCheck } from './access.ts'
import type { ClientConnection } from './client.ts'
import type { Counters } from './counters.ts'
import type { FailureDelay } from './failure-delay.ts'
import type { Gate } from './gate.ts'
import type { Tunnel, TunnelEnd } from './tunnel.ts'

/** Endpoint is what a connection needs of the listener that it came in on. */
export interface Endpoint {
  readonly gate: Gate
  readonly checkAccess: AccessCheck
  readonly failureDelay: FailureDelay
  readonly counters: Counters
  readonly clock: Clock
  readonly log: Log
  /** A connection is gone. */
  onClosed(connection: ClientConnection): void
  onTunnelEnd(tunnel: Tunnel, end: TunnelEnd): void
  /** Takes a connection that asks for a web site; `bytes` are what was read of it. */
  receive(connection: ClientConnection, bytes: Buffer): void
  /** Serves a connection in the general way from here on; `bytes` are what was read of it. */
  handOver(socket: Socket, bytes: Buffer): void
}
