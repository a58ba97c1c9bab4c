/**
 * Route is all that the data plane knows of a key: plain data, made by the control plane, replaced as a whole. Where there
 * is no upstream, `message` says why to the client.
 */
export interface Route {
  /** The endpoint's name, which is also its user name: `proxy3`. */
  readonly name: string
  readonly port: number
  readonly access: RouteAccess
  readonly upstream: RouteUpstream
}

export interface RouteAccess {
  readonly username: string
  /** SHA-256 of the access token, hexadecimal. */
  readonly tokenHash: string
  /** IP addresses and CIDR networks that need no credentials. */
  readonly allowedNetworks: readonly string[]
}

export type RouteUpstream =
  | { readonly kind: 'available'; readonly host: string; readonly port: number }
  | { readonly kind: 'missing'; readonly message: string; readonly retryAfterSeconds: number | null }
