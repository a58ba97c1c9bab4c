import { createHash, timingSafeEqual } from 'node:crypto'

import { createNetworkMatcher } from '../../lib/ip.ts'
import { readBasic, type Credentials } from '../bytes/basic.ts'
import type { RouteAccess } from '../table.ts'

export type AccessVerdict = 'allowed' | 'missing_credentials' | 'wrong_credentials'

/** AccessCheck decides whether a client may use an endpoint: from an allowed address, or with its user name and token. */
export interface AccessCheck {
  /** Whether the address alone lets in. */
  byAddress(address: string): boolean
  /** Credentials come as such or as the value of Proxy-Authorization. */
  verdict(address: string, credentials: Credentials | string | null): AccessVerdict
}

/** createAccessCheck compiles the rules of one endpoint. */
export function createAccessCheck(access: RouteAccess): AccessCheck {
  const isAllowed = createNetworkMatcher([...access.networks, ...access.addresses])
  const tokenHash = Buffer.from(access.tokenHash, 'hex')
  const byAddress = access.asksAlways ? () => false : isAllowed
  // Clients present the same value each time: one that was right is compared, not decoded and hashed again.
  let rightValue: string | null = null
  const isRight = ({ username, password }: Credentials) => {
    const presented = createHash('sha256').update(password).digest()
    return timingSafeEqual(presented, tokenHash) && username === access.username
  }
  return {
    byAddress,
    verdict(address, presented) {
      if (byAddress(address)) return 'allowed'
      if (typeof presented !== 'string') {
        if (presented === null) return 'missing_credentials'
        return isRight(presented) ? 'allowed' : 'wrong_credentials'
      }
      if (rightValue !== null && isSameText(presented, rightValue)) return 'allowed'
      const credentials = readBasic(presented)
      if (credentials === null) return 'missing_credentials'
      if (!isRight(credentials)) return 'wrong_credentials'
      rightValue = presented
      return 'allowed'
    },
  }
}

/** Compares in a time that does not tell where the two differ. */
function isSameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let index = 0; index < a.length; index++) difference |= a.charCodeAt(index) ^ b.charCodeAt(index)
  return difference === 0
}
