/** Credentials are what a client presents: a user name and an access token. */
export interface Credentials {
  readonly username: string
  readonly password: string
}

/** readBasic reads the value of Proxy-Authorization (RFC 7617, in UTF-8); null for anything that is not Basic. */
export function readBasic(value: string): Credentials | null {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(value)?.[1]
  if (encoded === undefined) return null
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon === -1 ? null : { username: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** formatBasic writes the value of Proxy-Authorization. */
export function formatBasic({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
