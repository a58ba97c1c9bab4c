import { isIP } from 'node:net'

import { z } from 'zod'

import { allowedNetwork, newPassword } from './contract/index.ts'
import { readEnvFile } from './env-file.ts'
import { isWildcardAddress, normalizeAddress } from './lib/ip.ts'
import { logLevels } from './lib/log.ts'
import { StartError } from './lib/problem.ts'
import { words } from './lib/words.ts'
import { isTlsWithoutNames, namesMissingTls, publicWays } from './public-ways.ts'

const port = (lowest: number) => integer(lowest, 65535)

function integer(lowest: number, highest: number) {
  const message = `must be a whole number from ${lowest} to ${highest}`
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .pipe(z.number().min(lowest, message).max(highest, message))
}

const bindAddress = z
  .string()
  .refine(
    (text) => isIP(text) !== 0 || text === 'localhost',
    'must be an IP address of this machine, 0.0.0.0, :: or localhost',
  )

const httpUrl = z
  .string()
  .refine((text) => ['http:', 'https:'].includes(URL.parse(text)?.protocol ?? ''), 'must be an http:// or https:// URL')

const domainName = /^(?=.{1,240}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/

const domain = z
  .string()
  .transform((text) => normalizeAddress(text.replace(/^\[(.*)\]$/, '$1')))
  .pipe(
    z
      .string()
      .refine(
        isDomain,
        'must be a domain name in lower case such as proxy.example.com, or the IP address by which clients reach this machine',
      ),
  )

/** What ends in a number would be read as an IPv4 address (WHATWG URL, 3.5). */
function isDomain(text: string): boolean {
  if (isIP(text) !== 0) return !isWildcardAddress(text)
  return domainName.test(text) && !/(^|\.)\d+$/.test(text)
}

const networks = z.string().default('').transform(words).pipe(z.array(allowedNetwork))

const hostNames = z
  .string()
  .default('')
  .transform((text) => words(text).map((word) => word.toLowerCase()))
  .pipe(
    z.array(
      z
        .string()
        .regex(
          /^(?!.*\.\.)[a-z0-9_]([a-z0-9._-]{0,251}[a-z0-9_])?$/,
          'must be host names with commas between them, without http:// and port',
        ),
    ),
  )

const filePath = z.string().regex(/^(?!.*\{\{)[^\0]*$/, 'must be a path without {{')

const flag = z
  .enum(['true', 'false'], 'must be true or false')
  .default('false')
  .transform((text) => text === 'true')

const environment = z
  .object({
    DOMAIN: domain.default('localhost'),
    HOST: bindAddress.default('127.0.0.1'),
    PORT: port(0).default(8000),
    ALLOWED_HOSTS: hostNames,
    PROXY_HOST: bindAddress.default('127.0.0.1'),
    PROXY_PORT_START: port(1).default(9000),
    PROXY_PORT_END: port(1).default(9100),
    GATEWAY_HOST: bindAddress.default('127.0.0.1'),
    GATEWAY_PORT: port(0).optional(),
    TLS_PORT: port(0).default(8443),
    TLS_CERT: filePath.optional(),
    TLS_KEY: filePath.optional(),
    TRUSTED_PROXIES: networks,
    PUBLIC_HTTPS: flag,
    PUBLIC_WAYS: publicWays.optional(),
    TRAEFIK_DYNAMIC_DIR: z
      .string()
      .default('traefik/dynamic')
      .transform((text) => (text.trim() === '' ? null : text)),
    TRAEFIK_BACKEND_HOST: z
      .string()
      .regex(/^[\w.:-]+$/, 'must be a host name or an IP address')
      .default('127.0.0.1'),
    TRAEFIK_CERT_RESOLVER: z
      .string()
      .regex(/^[\w-]+$/, 'must be the name of a certificate resolver')
      .optional(),
    DATA_DIR: z.string().default('data'),
    ADMIN_USERNAME: z.string().max(200, 'must have at most 200 characters').default('admin'),
    ADMIN_PASSWORD: newPassword.optional(),
    SECRET_KEY: z.string().min(16, 'must have at least 16 characters').optional(),
    KIOTPROXY_API_BASE: httpUrl.default('https://api.kiotproxy.com/api/v1').transform((url) => url.replace(/\/+$/, '')),
    HEALTH_CHECK_INTERVAL: integer(1, 3600).default(30),
    HEALTH_CHECK_URL: httpUrl.default('https://checkip.amazonaws.com/'),
    LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
  })
  .refine((env) => env.PROXY_PORT_END > env.PROXY_PORT_START, {
    path: ['PROXY_PORT_END'],
    message: 'must be greater than PROXY_PORT_START',
  })
  .refine((env) => (env.TLS_CERT === undefined) === (env.TLS_KEY === undefined), {
    path: ['TLS_CERT'],
    message: 'must be set together with TLS_KEY: a certificate is of no use without its key',
  })
  .refine((env) => !namesMissingTls(env), {
    path: ['PUBLIC_WAYS'],
    message: 'must not name tls without TLS_CERT, unless with the port of whoever ends TLS in front (tls:443)',
  })
  .refine((env) => !isTlsWithoutNames(env), {
    path: ['PUBLIC_WAYS'],
    message: 'must not be tls alone without a domain, since in front the name tells the endpoint: set DOMAIN to a name',
  })
  .refine((env) => env.PORT <= env.PROXY_PORT_START || env.PORT > env.PROXY_PORT_END, {
    path: ['PORT'],
    message: 'must not lie in the range of the proxy ports (PROXY_PORT_START to PROXY_PORT_END)',
  })

/** Config is the validated environment, under the names of its variables. */
export type Config = z.infer<typeof environment>

type Environment = Record<string, string | undefined>

const secretNames = new Set(['ADMIN_PASSWORD', 'SECRET_KEY'])

/** Reading is what the environment says, and what is odd in the .env file. */
export interface Reading {
  environment: Environment
  hasEnvFile: boolean
  /** Names in the file that this program does not know. */
  unknown: string[]
  /** Names in the file whose value ends at a `#` that may belong to it. */
  cutAtHash: string[]
}

/** readEnvironment joins `.env` in the present folder with the process environment, which wins. This is its only reader. */
export function readEnvironment(): Reading {
  const file = readEnvFile('.env', secretNames)
  const fromFile = file?.values ?? {}
  return {
    environment: { ...fromFile, ...dropEmpty(process.env) },
    hasEnvFile: file !== null,
    unknown: unknownNames(fromFile),
    cutAtHash: file?.cutAtHash ?? [],
  }
}

/** parseConfig throws a StartError that names each bad variable, its value and what is allowed. Empty means not set. */
export function parseConfig(values: Environment): Config {
  const given = dropEmpty(values)
  const result = environment.safeParse(given)
  if (result.success) return result.data
  const complaints = new Map<string, string>()
  for (const issue of result.error.issues) {
    const name = String(issue.path[0])
    // The first complaint about a variable is the plain one; later ones follow from it.
    if (!complaints.has(name)) complaints.set(name, issue.message)
  }
  const lines = [...complaints].map(([name, message]) => `  ${name}=${show(name, given)} ${message}`)
  throw new StartError(`The environment is not valid:\n${lines.join('\n')}`)
}

function show(name: string, given: Environment): string {
  if (secretNames.has(name)) return '(not shown)'
  const defaults: Record<string, unknown> = environment.parse({})
  return given[name] === undefined ? `${String(defaults[name])} (the default)` : JSON.stringify(given[name])
}

/** unknownNames lists what a .env file sets that this program does not know: likely typing errors. */
function unknownNames(values: Environment): string[] {
  return Object.keys(values).filter((name) => !(name in environment.shape))
}

/** For these an empty value says something: none. */
const meaningfulWhenEmpty = new Set(['TRAEFIK_DYNAMIC_DIR'])

function dropEmpty(values: Environment): Environment {
  const isSet = ([name, value]: [string, string | undefined]) =>
    value !== undefined && (value.trim() !== '' || meaningfulWhenEmpty.has(name))
  return Object.fromEntries(Object.entries(values).filter(isSet))
}
