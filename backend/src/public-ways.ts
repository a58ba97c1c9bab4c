import { z } from 'zod'

import { isPublicDomain } from './lib/host-name.ts'
import { words } from './lib/words.ts'

const wayNames = ['own', 'shared', 'tls'] as const

/** PublicWay is a way in that clients can reach; `port` is where somebody in front leads it here from, null for our own. */
export interface PublicWay {
  name: (typeof wayNames)[number]
  port: number | null
}

/** publicWays reads PUBLIC_WAYS: `own, shared:80, tls:443`. */
export const publicWays = z
  .string()
  .transform(words)
  .pipe(
    z.array(
      z
        .string()
        .regex(
          /^(own|(shared|tls)(:[1-9]\d{0,4})?)$/,
          'must be some of own, shared and tls with commas between them, the last two with their port in front of this machine where that is another (shared:80)',
        ),
    ),
  )
  .transform((ways) => ways.map(parseWay))
  .refine((ways) => ways.length > 0, 'must name at least one of own, shared and tls')
  .refine((ways) => new Set(ways.map(({ name }) => name)).size === ways.length, 'must name each way once')
  .refine((ways) => ways.every(({ port }) => port === null || port <= 65535), 'must have ports from 1 to 65535')

function parseWay(text: string): PublicWay {
  const [word, port] = text.split(':')
  return { name: z.enum(wayNames).parse(word), port: port === undefined ? null : Number(port) }
}

interface Given {
  PUBLIC_WAYS?: PublicWay[] | undefined
  PUBLIC_HTTPS: boolean
  TLS_CERT?: string | undefined
  DOMAIN: string
}

/** namesMissingTls tells whether tls is named although nobody ends it, here or in front. */
export function namesMissingTls({ PUBLIC_WAYS: ways, TLS_CERT, PUBLIC_HTTPS }: Given): boolean {
  if (TLS_CERT !== undefined || PUBLIC_HTTPS) return false
  return ways?.some((way) => way.name === 'tls' && way.port === null) ?? false
}

/** isTlsWithoutNames tells whether no way would be left: TLS in front leads by name, and there are none. */
export function isTlsWithoutNames({ PUBLIC_WAYS: ways, TLS_CERT, DOMAIN }: Given): boolean {
  const isTlsAlone = ways?.every(({ name }) => name === 'tls') ?? false
  return isTlsAlone && TLS_CERT === undefined && !isPublicDomain(DOMAIN)
}
