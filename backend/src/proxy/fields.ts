/** Fields are the header fields of a message as they stood: name, value, name, value, ... */
export type Fields = readonly string[]

const strictLine = /([!#$%&'*+\-.^_`|~\w]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)\r\n/y

/**
 * parseFields reads header lines from `start` to the end of the text. Strict (RFC 9112, 5): a folded line, a bare CR or LF, a
 * NUL or white space before a colon give null.
 */
export function parseFields(text: string, start: number): string[] | null {
  const fields: string[] = []
  for (let at = start; at < text.length; at = strictLine.lastIndex) {
    strictLine.lastIndex = at
    const match = strictLine.exec(text)
    if (!match) return null
    fields.push(match[1] ?? '', (match[2] ?? '').trimEnd())
  }
  return fields
}

/** Framing tells where the body of a message ends (RFC 9112, 6). */
export type Framing = { kind: 'none' } | { kind: 'length'; length: number } | { kind: 'chunked' } | { kind: 'close' }

/** Hop is what the hop-by-hop fields of a message say, and the rest of its fields, which are passed on. */
export interface Hop {
  /** End-to-end fields, without Host, Content-Length and everything that concerns one connection only. */
  kept: string[]
  host: string | null
  /** `none` where no field tells of a body. */
  framing: Framing
  /** The value of Upgrade where Connection names it. */
  upgrade: string | null
  connection: ReadonlySet<string>
  acceptsTrailers: boolean
  /** The value of Proxy-Authorization. */
  proxyAuthorization: string | null
}

const hyphen = 0x2d
const noTokens: ReadonlySet<string> = new Set()

/** RFC 9110, 7.6.1: these concern one connection only; so do those that `Connection` names, and all `Proxy-*`. */
const hopByHop = new Set(['connection', 'keep-alive', 'te', 'transfer-encoding', 'upgrade', 'host', 'content-length'])

/** A Connection field must not make us drop what the framing or the routing of a message rests on. */
const neverNominated = new Set(['host', 'content-length', 'transfer-encoding', 'cache-control', 'expect'])

const hopByHopLengths = new Set(Array.from(hopByHop, (name) => name.length))

/** The name in small letters where it concerns this connection, else null. Most are told by their length, which costs least. */
function specialName(name: string): string | null {
  const isProxyField = name.charCodeAt(5) === hyphen && /^proxy-/i.test(name)
  if (!isProxyField && !hopByHopLengths.has(name.length)) return null
  const lower = name.toLowerCase()
  return isProxyField || hopByHop.has(lower) ? lower : null
}

/**
 * splitHop parts what is passed on from what concerns this connection. Null for framing that two readers could read in two
 * ways, which is what request smuggling lives on: both lengths, different lengths, any transfer coding but chunked.
 */
export function splitHop(fields: Fields): Hop | null {
  const hop: Hop = {
    kept: [],
    host: null,
    framing: { kind: 'none' },
    upgrade: null,
    connection: noTokens,
    acceptsTrailers: false,
    proxyAuthorization: null,
  }
  let length: string | null = null
  let coding: string | null = null
  let upgrade: string | null = null
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? ''
    const value = fields[index + 1] ?? ''
    const special = specialName(name)
    if (special === null) {
      hop.kept.push(name, value)
      continue
    }
    switch (special) {
      case 'host':
        if (hop.host !== null) return null
        hop.host = value
        break
      case 'content-length':
        if (length !== null && length !== value) return null
        length = value
        break
      case 'transfer-encoding':
        if (coding !== null) return null
        coding = value.toLowerCase()
        break
      case 'connection':
        hop.connection = addTokens(hop.connection, value)
        break
      case 'upgrade':
        upgrade = value
        break
      case 'te':
        hop.acceptsTrailers = value.toLowerCase().includes('trailers')
        break
      case 'proxy-authorization':
        hop.proxyAuthorization = value
        break
      default:
    }
  }
  const framing = readFraming(length, coding)
  if (framing === null) return null
  hop.framing = framing
  if (upgrade !== null && hop.connection.has('upgrade')) hop.upgrade = upgrade
  if (hop.connection.size > 0) hop.kept = dropNominated(hop.kept, hop.connection)
  return hop
}

/** formatFields writes fields as lines, without the blank one that ends them. */
export function formatFields(fields: Fields): string {
  let text = ''
  for (let index = 0; index < fields.length; index += 2) text += `${fields[index]}: ${fields[index + 1]}\r\n`
  return text
}

/** formatFraming writes the fields that tell where a body ends. */
export function formatFraming(framing: Framing): string {
  if (framing.kind === 'length') return `Content-Length: ${framing.length}\r\n`
  return framing.kind === 'chunked' ? 'Transfer-Encoding: chunked\r\n' : ''
}

function readFraming(length: string | null, coding: string | null): Framing | null {
  if (coding !== null) return coding === 'chunked' && length === null ? { kind: 'chunked' } : null
  if (length === null) return { kind: 'none' }
  return /^\d{1,15}$/.test(length) ? { kind: 'length', length: Number(length) } : null
}

function addTokens(tokens: ReadonlySet<string>, value: string): ReadonlySet<string> {
  const added = value.split(',').map((token) => token.trim().toLowerCase())
  return new Set([...tokens, ...added.filter((token) => token !== '')])
}

function dropNominated(fields: Fields, nominated: ReadonlySet<string>): string[] {
  const kept: string[] = []
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? ''
    const lower = name.toLowerCase()
    if (!nominated.has(lower) || neverNominated.has(lower)) kept.push(name, fields[index + 1] ?? '')
  }
  return kept
}
