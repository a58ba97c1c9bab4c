/**
 * Route is all that the data plane knows of a key: plain data, made by the control plane, replaced as a whole. Where there
 * is no upstream, `message` says why to the client.
 */
export interface Route {
  /** The endpoint's name, which is also its user name: `proxy3`. */
  readonly name: string
  readonly port: number
  readonly access: RouteAccess
  /** An address of this machine that is this endpoint's alone, where there is one. */
  readonly localAddress: string | null
  readonly upstream: RouteUpstream
  /** A rotation is under way: when the present upstream fails, another will be there soon. */
  readonly isRotating: boolean
  /** Where there is no upstream: one can be expected without anybody's doing. */
  readonly isExpected: boolean
  readonly limits: RouteLimits
}

export interface RouteAccess {
  readonly username: string
  /** SHA-256 of the access token, hexadecimal. */
  readonly tokenHash: string
  /** IP addresses and CIDR networks that need no credentials. */
  readonly allowedNetworks: readonly string[]
}

export type RouteUpstream =
  | {
      readonly kind: 'available'
      readonly host: string
      readonly port: number
      /** What the upstream speaks at that port. */
      readonly protocol: 'http' | 'socks5'
      /** The value of Proxy-Authorization that it wants, where it wants one. */
      readonly authorization: string | null
    }
  | { readonly kind: 'missing'; readonly message: string; readonly retryAfterSeconds: number | null }

/** RouteLimits are the times of one endpoint, in milliseconds. */
export interface RouteLimits {
  /** How long new work waits for an upstream. */
  readonly holdMs: number
  /** How long work on a replaced upstream may go on; null for as long as it takes. */
  readonly drainMs: number | null
  /** How quiet an answered tunnel must be to be closed, at the start of a drain. */
  readonly idleDrainMs: number
  /** A tunnel through which nothing goes for so long is closed. */
  readonly tunnelIdleMs: number
}
