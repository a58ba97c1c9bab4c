import type { Connection, SystemInfo } from '../../../backend/src/contract/index.ts'

/** endpointFormats are the ways to write an endpoint down, in the order of the menu. */
export const endpointFormats = [
  'host:port',
  'host:port:user:pass',
  'user:pass@host:port',
  'http',
  'https',
  'socks5',
  'shared',
  'curl',
] as const

export type EndpointFormat = (typeof endpointFormats)[number]

/**
 * formatsOf are those that clients of an installation can use; all of them while that is not known. The shared port has a format of
 * its own only beside the endpoints' own ports: without these it is what all formats tell.
 */
export function formatsOf(system: SystemInfo | undefined): readonly EndpointFormat[] {
  if (system === undefined) return endpointFormats
  const { has_own_ports: hasOwn, has_shared_port: hasShared, has_tls_port: hasTls } = system
  const hasClear = hasOwn || hasShared
  const isThere: Partial<Record<EndpointFormat, boolean>> = {
    http: hasClear,
    https: hasTls,
    socks5: hasClear,
    shared: hasOwn && hasShared,
  }
  return endpointFormats.filter((format) => isThere[format] !== false)
}

/** formatEndpoint is null for a way that clients of this installation can't use. `target` is what a line to paste asks for. */
export function formatEndpoint(connection: Connection, format: EndpointFormat, target: string): string | null {
  const { host, port, username, password } = connection
  switch (format) {
    case 'host:port':
      return `${host}:${port}`
    case 'host:port:user:pass':
      return `${host}:${port}:${username}:${password}`
    case 'user:pass@host:port':
      return `${username}:${password}@${host}:${port}`
    case 'http':
      return connection.http_url
    case 'https':
      return connection.tls_url
    case 'socks5':
      return connection.socks5_url
    case 'shared':
      return connection.shared_url
    case 'curl':
      return `curl -x ${connection.http_url} ${target}`
    default:
      return format satisfies never
  }
}
