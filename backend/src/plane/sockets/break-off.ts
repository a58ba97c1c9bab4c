import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/**
 * breakOff ends a connection so that the other side sees a break and not an end: by a reset, or over TLS, where Node has none,
 * by an end without the closing alert.
 */
export function breakOff(socket: Socket): void {
  if (socket instanceof TLSSocket) socket.destroy()
  else socket.resetAndDestroy()
}
