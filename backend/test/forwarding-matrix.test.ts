import { describe, it } from 'vitest'

import { authorization, RawClient } from './support/data-plane.ts'
import { expectNoHandleLeft } from './support/handles.ts'
import {
  expectBytes,
  replying,
  startOver,
  stopAfterEach,
  upstreamKinds,
  type UpstreamKind,
} from './support/upstream-kinds.ts'

expectNoHandleLeft()
stopAfterEach()

const host = 'Host: example.test\r\n'
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** Passing is a request, and what becomes of it; what is not given is a usual GET, and passes as it is. */
interface Passing {
  method?: string
  minor?: 0 | 1
  /** Host, and what stands behind the client's credentials. */
  fields?: string
  body?: string
  /** Fields as the origin is sent them. */
  sent?: string
  reply?: string
  got?: string
}

/** How a target is named to an HTTP proxy, and to an origin through SOCKS. */
type Target = [toProxy: string, toOrigin: string]

const usual: Target = ['http://example.test/', '/']

function firstLine({ method = 'GET', minor = 1 }: Passing, target: string): string {
  return `${method} ${target} HTTP/1.${minor}\r\n`
}

async function expectPassed(kind: UpstreamKind, asked: string, [toProxy, toOrigin]: Target, passing: Passing) {
  const { fields = host, body = '', sent = fields, reply = ok, got = reply } = passing
  const { plane, upstream } = await startOver(kind, replying(reply))

  const client = new RawClient(plane.port).send(`${firstLine(passing, asked)}${authorization}${fields}\r\n${body}`)

  await expectBytes(() => client.received, got)
  const line = firstLine(passing, kind.isSocks ? toOrigin : toProxy)
  await expectBytes(() => upstream.reached[0]?.received ?? '', `${line}${sent}${kind.authorization}\r\n${body}`)
}

const targets: [asked: string, toProxy: string, toOrigin: string, method?: string][] = [
  ['http://example.test', 'http://example.test/', '/'],
  ['http://example.test?q', 'http://example.test/?q', '/?q'],
  ['http://example.test/a/../b', 'http://example.test/a/../b', '/a/../b'],
  ['http://example.test//x', 'http://example.test//x', '//x'],
  ['http://example.test/%2e%2E/%41%zz?%20', 'http://example.test/%2e%2E/%41%zz?%20', '/%2e%2E/%41%zz?%20'],
  ['http://example.test/"<|>\\^`{}', 'http://example.test/"<|>\\^`{}', '/"<|>\\^`{}'],
  ['http://example.test/\xc3\xa0?\xe0', 'http://example.test/\xc3\xa0?\xe0', '/\xc3\xa0?\xe0'],
  ['HTTP://example.test/./', 'HTTP://example.test/./', '/./'],
  ['http://example.test/http://other.test/', 'http://example.test/http://other.test/', '/http://other.test/'],
  ['http://example.test', 'http://example.test', '*', 'OPTIONS'],
  ['http://example.test/', 'http://example.test/', '/', 'OPTIONS'],
  ['http://example.test?q', 'http://example.test/?q', '/?q', 'OPTIONS'],
]

const requests: [string, Passing][] = [
  [
    'with fields in their order and spelling',
    {
      fields: `x-LOWER:  two \r\nX-Empty:\r\n${host}x-lower: again\r\nX-Name: Ho\xc3\xa0\r\nCookie: a="b"; c=\xff\r\nX:1\r\n`,
    },
  ],
  ['of another method', { method: 'PURGE', fields: `${host}Accept: */*\r\n` }],
  ['with a length', { method: 'POST', fields: `content-length: 4\r\n${host}X: 1\r\n`, body: 'body' }],
  ['of length 0', { method: 'PUT', fields: `${host}Content-Length: 0\r\n` }],
  [
    'in chunks with trailers',
    {
      method: 'POST',
      fields: `${host}transfer-encoding: Chunked\r\nTrailer: X-Sum\r\nX: 1\r\n`,
      body: '5;a=b\r\nhello\r\n0A\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n',
      sent: `${host}transfer-encoding: Chunked\r\nTrailer: X-Sum\r\nX: 1\r\n`,
    },
  ],
  [
    'without what concerns its connection',
    {
      fields: `A: 1\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\n${host}Keep-Alive: 5\r\nProxy-Connection: x\r\nTE: gzip\r\nUpgrade: h2c\r\nB: 2\r\n`,
      sent: `A: 1\r\n${host}B: 2\r\n`,
      got: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok',
    },
  ],
  ['with a Connection that holds for the next hop too', { fields: `Connection: keep-alive\r\n${host}X: 1\r\n` }],
  [
    'with the Host of the URL in the place of another',
    { fields: 'A: 1\r\nHOST:other.test\r\nB: 2\r\n', sent: 'A: 1\r\nHOST: example.test\r\nB: 2\r\n' },
  ],
  [
    'of HTTP/1.0 without a Host',
    {
      minor: 0,
      fields: 'A: 1\r\n',
      sent: `${host}A: 1\r\n`,
      got: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok',
    },
  ],
]

const head = 'HTTP/1.1 200 OK\r\n'
const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`

const answers: [string, Passing][] = [
  [
    'with fields in their order and spelling',
    {
      reply: `HTTP/1.1 299 Not  so \xe0\r\nserver:x\r\nset-cookie: a\r\nContent-length:2\r\nSet-Cookie: Ho\xc3\xa0\r\nX-Empty:\r\n\r\nok`,
    },
  ],
  ['in chunks with trailers', { reply: `${chunked}2;x=y\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n` }],
  ['to HEAD', { method: 'HEAD', reply: `${head}Content-Length: 500\r\n\r\n` }],
  ['to HEAD, of chunks', { method: 'HEAD', reply: chunked }],
  ['204', { reply: 'HTTP/1.1 204 No Content\r\nX: 1\r\n\r\n' }],
  ['304 with a length', { reply: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\nETag: "a"\r\n\r\n' }],
  ['behind 103', { reply: `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok}` }],
  ['behind several of 1xx', { reply: `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${ok}` }],
  [
    'behind 103, to HTTP/1.0',
    {
      minor: 0,
      reply: `HTTP/1.1 103 Early Hints\r\n\r\n${ok}`,
      got: `${head}Content-Length: 2\r\nConnection: close\r\n\r\nok`,
    },
  ],
  [
    'in chunks to HTTP/1.0, which knows none',
    {
      minor: 0,
      reply: `${chunked}2;x=y\r\nok\r\n003\r\n...\r\n0\r\nX-Sum: 1\r\n\r\n`,
      got: `${head}Connection: close\r\n\r\nok...`,
    },
  ],
  ['of HTTP/1.0', { reply: 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', got: ok }],
  [
    'without what concerns its connection',
    {
      reply: `${head}A: 1\r\nConnection: X-Hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nUpgrade: h2c\r\nContent-Length: 2\r\nB: 2\r\n\r\nok`,
      got: `${head}A: 1\r\nContent-Length: 2\r\nB: 2\r\n\r\nok`,
    },
  ],
  [
    'whose lines end with LF alone',
    { reply: 'HTTP/1.1 200 OK\nA: 1\nContent-Length: 2\n\nok', got: `${head}A: 1\r\nContent-Length: 2\r\n\r\nok` },
  ],
  ['whose chunk lines end with LF alone', { reply: `${chunked}2\nok\n0\n\n`, got: `${chunked}2\r\nok\r\n0\r\n\r\n` }],
  ['with padded chunk sizes', { reply: `${chunked} 2  \r\nok\r\n0 \r\n\r\n`, got: `${chunked}2\r\nok\r\n0\r\n\r\n` }],
  [
    'with a blank before a colon',
    {
      reply: `${head}Name : value\r\nContent-Length : 2\r\n\r\nok`,
      got: `${head}Name: value\r\nContent-Length: 2\r\n\r\nok`,
    },
  ],
  [
    'with a folded line',
    { reply: `${head}A: 1\r\n  2\r\nContent-Length: 2\r\n\r\nok`, got: `${head}A: 1 2\r\nContent-Length: 2\r\n\r\nok` },
  ],
  [
    'with a control character',
    { reply: `${head}A: 1\x012\r\nContent-Length: 2\r\n\r\nok`, got: `${head}A: 1 2\r\nContent-Length: 2\r\n\r\nok` },
  ],
  ['with a name that is none', { reply: `${head}My Field: 1\r\nno colon\r\nContent-Length: 2\r\n\r\nok`, got: ok }],
  ['coded as identity', { reply: `${head}Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nok`, got: ok }],
  [
    'with chunked named twice',
    {
      reply: `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      got: `${chunked}0\r\n\r\n`,
    },
  ],
  [
    'with both lengths, of which chunked goes first',
    {
      reply: `${head}Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
      got: `${chunked}2\r\nok\r\n0\r\n\r\n`,
    },
  ],
  ['with the same length twice', { reply: `${head}Content-Length: 2\r\nContent-Length: 2, 2\r\n\r\nok`, got: ok }],
]

describe.each(upstreamKinds)('through an upstream of $name', (kind) => {
  it.each(targets)('%s is asked for byte for byte', async (asked, toProxy, toOrigin, method = 'GET') => {
    await expectPassed(kind, asked, [toProxy, toOrigin], { method })
  })

  it.each(requests)('a request %s goes on', async (_, passing) => {
    await expectPassed(kind, usual[0], usual, passing)
  })

  it.each(answers)('an answer %s comes back', async (_, passing) => {
    await expectPassed(kind, usual[0], usual, passing)
  })
})
