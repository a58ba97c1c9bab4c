/** The bound on what the gateway reads before it knows whose connection it is, in bytes. */
const maxPeekBytes = 16 * 1024

/** Peek is what the first request of a connection tells; the endpoint's own port reads the same bytes again, strictly. */
export type Peek =
  | { kind: 'incomplete' }
  | { kind: 'bad'; status: number; text: string }
  /** A request to a proxy: CONNECT or a whole URL. */
  | { kind: 'proxy'; username: string | null; hasBody: boolean; bytes: number }
  /** A request to a web site. */
  | { kind: 'site' }

const incomplete: Peek = { kind: 'incomplete' }
const requestLine = /^([!#$%&'*+\-.^_`|~\w]+) ([\x21-\x7e\x80-\xff]+) HTTP\/1\.[01]$/
const startOfLine = /^[!#$%&'*+\-.^_`|~\w]{1,32}( [\x21-\x7e\x80-\xff]*( (H(T(T(P(\/[\d.]*)?)?)?)?)?)?)?\r?$/
const absoluteForm = /^[a-z][a-z0-9+.-]*:\/\//i

/** peek looks at the start of a connection, which is not SOCKS5. */
export function peek(bytes: Buffer): Peek {
  if (bytes[0] === 22 && (bytes.length < 2 || bytes[1] === 3)) {
    return bad('This port speaks plain HTTP, not TLS: use http:// for the proxy here, or its TLS port.')
  }
  const start = skipBlankLines(bytes)
  const end = bytes.indexOf('\r\n\r\n', start, 'latin1')
  if (end === -1) return judgeStart(bytes, start)
  if (end > maxPeekBytes) return tooLarge()
  const [first = '', ...lines] = bytes.toString('latin1', start, end).split('\r\n')
  const [, method = '', target = ''] = requestLine.exec(first) ?? []
  if (method === '') return bad('The request line is malformed.')
  const fields = lines.map((line) => [
    line.slice(0, line.indexOf(':')).toLowerCase(),
    line.slice(line.indexOf(':') + 1).trim(),
  ])
  const valuesOf = (name: string) => fields.filter(([field]) => field === name).map(([, value = '']) => value)
  if (valuesOf('host').length > 1) return bad('There must be one Host.')
  if (method === 'CONNECT' || absoluteForm.test(target)) {
    const hasBody =
      valuesOf('transfer-encoding').length > 0 || valuesOf('content-length').some((length) => length !== '0')
    const [authorization] = valuesOf('proxy-authorization')
    return { kind: 'proxy', username: usernameOf(authorization), hasBody, bytes: end + 4 }
  }
  return { kind: 'site' }
}

/** The user name of Basic credentials (RFC 7617). */
function usernameOf(authorization: string | undefined): string | null {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return null
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  return text.includes(':') ? text.slice(0, text.indexOf(':')) : null
}

/** RFC 9112, 2.2: empty lines before a request are passed over. */
function skipBlankLines(bytes: Buffer): number {
  let start = 0
  while (bytes[start] === 13 && bytes[start + 1] === 10) start += 2
  return start
}

/** What can't become a request any more is refused at once. */
function judgeStart(bytes: Buffer, start: number): Peek {
  if (bytes.length > maxPeekBytes) return tooLarge()
  const text = bytes.toString('latin1', start, bytes.length)
  const [line = ''] = text.split('\n', 1)
  const isWhole = line.length < text.length
  const isPossible =
    line === '' || line === '\r' || (isWhole ? requestLine.test(line.trimEnd()) : startOfLine.test(line))
  return isPossible && !text.includes('\0') ? incomplete : bad('This is no HTTP request.')
}

function bad(text: string): Peek {
  return { kind: 'bad', status: 400, text }
}

function tooLarge(): Peek {
  return { kind: 'bad', status: 431, text: `The request head is larger than ${maxPeekBytes} bytes.` }
}
