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
