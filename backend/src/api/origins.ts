import type { Socket } from 'node:net'

/** ConnectionOrigin is what is known of a connection that another port accepted. */
export interface ConnectionOrigin {
  clientAddress: string
  /** It came over TLS. */
  isSecure: boolean
  /** The endpoint on whose own port it came. */
  endpoint: string | null
  /** Says that it belongs to somebody who is known, no stranger; may be called again. */
  admit: () => void
}

const origins = new WeakMap<object, ConnectionOrigin>()

/** rememberOrigin keeps it as long as the connection lives. */
export function rememberOrigin(socket: Socket, origin: ConnectionOrigin): void {
  origins.set(socket, origin)
}

/** originOf is null for a connection that came straight to the API's port. */
export function originOf(socket: object | undefined): ConnectionOrigin | null {
  return (socket && origins.get(socket)) ?? null
}
