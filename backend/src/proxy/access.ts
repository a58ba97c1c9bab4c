import { createHash, timingSafeEqual } from 'node:crypto'

import { createNetworkMatcher } from '../lib/ip.ts'
import type { RouteAccess } from './route.ts'

export interface Credentials {
  username: string
  password: string
}

export type AccessVerdict = 'allowed' | 'missing_credentials' | 'wrong_credentials'

/**
 * AccessCheck decides whether a client may use an endpoint: from an allowed network, or with its user name and token.
 * Credentials come as such or as the value of Proxy-Authorization.
 */
export type AccessCheck = (address: string, credentials: Credentials | string | null) => AccessVerdict

/** createAccessCheck compiles the rules of one endpoint. */
export function createAccessCheck(access: RouteAccess): AccessCheck {
  const isAllowedNetwork = createNetworkMatcher(access.allowedNetworks)
  const tokenHash = Buffer.from(access.tokenHash, 'hex')
  // Clients present the same value each time: one that was right is compared, not decoded and hashed again.
  let rightValue: string | null = null
  return (address, presentedAs) => {
    if (isAllowedNetwork(address)) return 'allowed'
    if (typeof presentedAs === 'string' && rightValue !== null && isSameText(presentedAs, rightValue)) return 'allowed'
    const credentials = typeof presentedAs === 'string' ? readBasic(presentedAs) : presentedAs
    if (credentials === null) return 'missing_credentials'
    const presented = createHash('sha256').update(credentials.password).digest()
    const isRight = timingSafeEqual(presented, tokenHash) && credentials.username === access.username
    if (isRight && typeof presentedAs === 'string') rightValue = presentedAs
    return isRight ? 'allowed' : 'wrong_credentials'
  }
}

/** readBasic reads the value of Proxy-Authorization (RFC 7617); null for anything that is not Basic. */
export function readBasic(value: string): Credentials | null {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(value)?.[1]
  if (encoded === undefined) return null
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon === -1 ? null : { username: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** Compares in a time that does not tell where the two differ. */
function isSameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let index = 0; index < a.length; index++) difference |= a.charCodeAt(index) ^ b.charCodeAt(index)
  return difference === 0
}
