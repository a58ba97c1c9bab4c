/** The version of the forms of PlaneTable and PlaneReport: what reads them refuses another. */
export const planeFormat = 1

/**
 * PlaneTable is all that the plane is told: plain data, made by the control plane, replaced as a whole. Whatever comes in
 * through the ports of the plane is served by it alone.
 */
export interface PlaneTable {
  readonly format: typeof planeFormat
  /** Grows with each table; reports name the one that they follow. */
  readonly revision: number
  readonly routes: readonly Route[]
}

/** Route is one endpoint. Where there is no upstream, `upstream.message` says why to the client. */
export interface Route {
  /** Never used again, also after a delete. */
  readonly id: number
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
  /** IP addresses and CIDR networks, set by the admin, that need no credentials. */
  readonly networks: readonly string[]
  /** Single addresses that were let in for a time. Where an address tells the endpoint, networks go before these. */
  readonly addresses: readonly string[]
  /** Credentials are asked for although the address is allowed. */
  readonly asksAlways: boolean
}

export type RouteUpstream = Lease | MissingLease

/** Lease is the upstream that a key holds. Its identity is `leaseId` and nothing else: another id is another upstream. */
export interface Lease {
  readonly kind: 'available'
  readonly leaseId: string
  readonly host: string
  readonly port: number
  /** What is spoken to it: HTTP, HTTP over TLS, or SOCKS5. */
  readonly protocol: UpstreamProtocol
  readonly credentials: UpstreamCredentials | null
  /** Milliseconds since the epoch. From then on no byte leaves through it, whatever else happens; null for no end. */
  readonly endsAt: number | null
}

export type UpstreamProtocol = 'http' | 'https' | 'socks5'

export interface UpstreamCredentials {
  readonly username: string
  readonly password: string
}

export interface MissingLease {
  readonly kind: 'missing'
  readonly message: string
  readonly retryAfterSeconds: number | null
}

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
