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

/** formatsOf are those that an installation has; all of them while that is not known. */
export function formatsOf(system: SystemInfo | undefined): readonly EndpointFormat[] {
  return endpointFormats.filter(
    (format) =>
      (format !== 'https' || system?.has_tls_port !== false) &&
      (format !== 'shared' || system?.has_shared_port !== false),
  )
}

/** formatEndpoint is null for a way that this installation has not. `target` is what a line to paste asks for. */
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
