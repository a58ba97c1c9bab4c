import { z } from 'zod'

/** sealed is an encrypted secret as `lib/vault.ts` writes it. */
export const sealed = z.string().regex(/^enc:v2:[\w-]+$/, 'must be an encrypted value (enc:v2:...)')

// A sealed value opens at its place alone, so that none can be put where another was.

/** secretCheckPlace is the place of what tells whether a file and a secret key belong together. */
export const secretCheckPlace = 'secret_check'

/** providerKeyPlace is the place of the provider key in the row of a key. */
export function providerKeyPlace(keyId: number): string {
  return `proxy_keys/${keyId}/kiotproxy_key`
}

/** tokenPlace is the place of the access token in the row of an endpoint. */
export function tokenPlace(endpointId: number): string {
  return `endpoints/${endpointId}/access.token`
}
