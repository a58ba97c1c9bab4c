import { z } from 'zod'

import {
  allowedAddress,
  allowedNetwork,
  alwaysAsk,
  keyName,
  localAddress,
  proxyKeyView,
  timestamp,
  type ProxyKey,
} from './proxy-key.ts'
import { sealed } from './sealed.ts'
import { overrides } from './traffic.ts'

const identityFields = {
  id: z.int().min(1).meta({ description: 'Never used again, also after a delete.' }),
  name: keyName.meta({ example: 'Shop A' }),
  number: z.int().min(1).meta({ description: 'What its names are made of: 3 for proxy3.', example: 3 }),
  port: z.int().min(1).max(65535).meta({ example: 9003 }),
  overrides: overrides.meta({ description: 'Settings of this endpoint that differ from the global ones.' }),
  created_at: timestamp,
}

const keyId = z.int().min(1)

/** endpoint is a constant public address in the data file, and the keys behind it. `access.token` is encrypted. */
export const endpoint = z.looseObject({
  ...identityFields,
  /** A list, since an endpoint may come to stand over several keys. */
  key_ids: z.tuple([keyId], keyId).refine((ids) => ids.length === 1, 'must have exactly one entry'),
  access: z.looseObject({
    token: sealed,
    allowed_ips: z.array(allowedNetwork),
    local_address: localAddress.default(null),
    always_ask: alwaysAsk.default(false),
    allowed_addresses: z.array(allowedAddress).default([]),
  }),
})

export type Endpoint = z.infer<typeof endpoint>

/** JoinedProxy is a key and the endpoint that it is reached through: what the API calls a proxy. */
export interface JoinedProxy {
  readonly key: ProxyKey
  readonly endpoint: Endpoint
}

/** subdomainOf is the name of an endpoint under DOMAIN, and its user name. */
export function subdomainOf({ number }: Pick<Endpoint, 'number'>): string {
  return `proxy${number}`
}

/** endpointView is an endpoint on the wire: no secret in it. */
export const endpointView = z
  .object({
    ...identityFields,
    subdomain: proxyKeyView.shape.subdomain,
    endpoint: proxyKeyView.shape.endpoint,
    key_ids: z.array(keyId).meta({ description: 'The keys that it leads through.' }),
    allowed_ips: z.array(allowedNetwork),
    local_address: localAddress,
    always_ask: alwaysAsk,
    allowed_addresses: z.array(allowedAddress),
    listener: proxyKeyView.shape.listener,
  })
  .meta({ id: 'Endpoint' })

export type EndpointView = z.infer<typeof endpointView>
