import { z } from 'zod'

import { isHostName } from './proxy-key.ts'

/** publicHost is an address of this machine, or a name that leads to it, which clients can connect to. */
export const publicHost = z
  .string()
  .refine(isPublicHost, 'must be an IP address or a host name such as proxy.example.com, without http:// and port')
  .meta({ example: '203.0.113.10' })

function isPublicHost(text: string): boolean {
  if (z.ipv4().safeParse(text).success || z.ipv6().safeParse(text).success) return !isUnspecified(text)
  return isHostName(text)
}

/** What a server may listen on, but nobody can connect to. */
function isUnspecified(address: string): boolean {
  return /^[0:.]+$/.test(address)
}
