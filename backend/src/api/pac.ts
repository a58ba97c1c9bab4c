/** PacParts are the addresses of one endpoint that a browser may use, best first; null where there is none. */
export interface PacParts {
  /** `host:port` of a proxy over TLS. */
  tls: string | null
  /** `host:port` of a proxy in clear. */
  clear: string | null
}

/** renderPac writes a proxy auto-configuration file: everything through the endpoint, local names and addresses direct. */
export function renderPac({ tls, clear }: PacParts): string {
  const found = [tls && `HTTPS ${tls}`, clear && `PROXY ${clear}`]
  const proxies = found.filter((proxy) => proxy !== null).join('; ')
  return `function FindProxyForURL(url, host) {
  if (isPlainHostName(host) || dnsDomainIs(host, '.local') || dnsDomainIs(host, '.localhost')) return 'DIRECT'
  if (/^(127\\.|10\\.|192\\.168\\.|169\\.254\\.|172\\.(1[6-9]|2\\d|3[01])\\.|\\[?::1\\]?$)/.test(host)) return 'DIRECT'
  return '${proxies}'
}
`
}
