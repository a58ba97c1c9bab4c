import { isIPv6 } from 'node:net'

/** Target is what a request wants: a tunnel to host:port, or a plain http URL. */
export type Target =
  | { readonly kind: 'tunnel'; readonly host: string; readonly port: number }
  | {
      readonly kind: 'plain'
      readonly host: string
      readonly port: number
      /** The host of the URL with its port, as it stood. */
      readonly authority: string
      /** The whole URL, and what of it an origin is asked for; byte for byte. */
      readonly url: string
      readonly path: string
    }
  /** A path: the request is for a web site at this address, not for a proxy. */
  | { readonly kind: 'site' }

const site: Target = { kind: 'site' }
/** A name longer than this has no place in a SOCKS request, and none in the DNS. */
const maxHostLength = 255
const authorityForm =
  /^([\w.~-]+(?:%[0-9A-Fa-f]{2}[\w.~-]*)*|(?:%[0-9A-Fa-f]{2}[\w.~-]*)+|\[[0-9A-Fa-f:.]+\])(?::(\d{0,5}))?$/
const absoluteForm = /^(http):\/\/([^/?#]*)([/?][^#]*)?$/i

/** parseTarget reads the second word of a request line (RFC 9112, 3.2); a text says what is wrong with it. */
export function parseTarget(method: string, text: string): Target | string {
  if (method === 'CONNECT') return parseTunnel(text)
  if (text.charCodeAt(0) === 0x2f) return site
  const [, , authority = '', rest = ''] = absoluteForm.exec(text) ?? []
  if (authority === '') {
    return /^https:\/\//i.test(text)
      ? 'This proxy opens a tunnel for https: the client has to ask for it with CONNECT.'
      : 'This is a proxy: it takes CONNECT host:port, or a full http:// URL as target.'
  }
  const place = parseAuthority(authority, 80)
  if (typeof place === 'string') return `${place} User name and password are not allowed in a URL.`
  // RFC 9112, 3.2.4: without a path OPTIONS asks for the server as a whole.
  const path = rest.startsWith('/') ? rest : rest === '' && method === 'OPTIONS' ? '*' : `/${rest}`
  const url = rest.startsWith('/') || path === '*' ? text : `${text.slice(0, 7)}${authority}${path}`
  return { kind: 'plain', ...place, authority, url, path }
}

/** isHostField tells whether this is what may stand in a Host field: a host, with or without a port. */
export function isHostField(text: string): boolean {
  return authorityForm.test(text)
}

function parseTunnel(text: string): Target | string {
  const hasPort = /:\d+$/.test(text)
  const place = hasPort ? parseAuthority(text, 0) : ''
  if (typeof place !== 'string') return { kind: 'tunnel', ...place }
  return `CONNECT needs a target of the form host:port, with a port from 1 to 65535. ${place}`.trim()
}

function parseAuthority(text: string, usualPort: number): { host: string; port: number } | string {
  const [, place, digits = ''] = authorityForm.exec(text) ?? []
  if (place === undefined) return 'The host is malformed: letters, digits, . - _ ~ and % are allowed, IPv6 in brackets.'
  const port = digits === '' ? usualPort : Number(digits)
  if (port < 1 || port > 65_535) return 'The port must be from 1 to 65535.'
  const host = place.startsWith('[') ? place.slice(1, -1) : place
  if (host !== place && !isIPv6(host)) return 'The host in brackets is no IPv6 address.'
  return host.length > maxHostLength ? `The host is longer than ${maxHostLength} characters.` : { host, port }
}
