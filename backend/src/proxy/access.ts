import { createHash, timingSafeEqual } from 'node:crypto'

import { createNetworkMatcher } from '../lib/ip.ts'
import type { RouteAccess } from './route.ts'

export interface Credentials {
  username: string
  password: string
}

export type AccessVerdict = 'allowed' | 'missing_credentials' | 'wrong_credentials'

/** AccessCheck decides whether a client may use an endpoint: from an allowed network, or with its user name and token. */
export type AccessCheck = (address: string, credentials: Credentials | null) => AccessVerdict

/** createAccessCheck compiles the rules of one endpoint. */
export function createAccessCheck(access: RouteAccess): AccessCheck {
  const isAllowedNetwork = createNetworkMatcher(access.allowedNetworks)
  const tokenHash = Buffer.from(access.tokenHash, 'hex')
  return (address, credentials) => {
    if (isAllowedNetwork(address)) return 'allowed'
    if (credentials === null) return 'missing_credentials'
    const presented = createHash('sha256').update(credentials.password).digest()
    const isRight = timingSafeEqual(presented, tokenHash) && credentials.username === access.username
    return isRight ? 'allowed' : 'wrong_credentials'
  }
}

/** readBasic reads the value of Proxy-Authorization (RFC 7617); null for anything that is not Basic. */
export function readBasic(value: string | null): Credentials | null {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(value ?? '')?.[1]
  if (encoded === undefined) return null
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon === -1 ? null : { username: text.slice(0, colon), password: text.slice(colon + 1) }
}
