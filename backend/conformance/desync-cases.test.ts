import { expect, it } from 'vitest'

import { formatProxyRequest, type TestRequest } from './desync-cases.ts'

const base: TestRequest = {
  name: '',
  uri: '/a',
  method: 'GET',
  version: 'HTTP/1.1',
  headers: [],
  expected: { tier: 'Severe' },
}

it.each<[string, Partial<TestRequest>, string]>([
  ['adds a Host', {}, 'GET http://h/a HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['keeps a Host', { headers: [{ name: 'host', value: 'x' }] }, 'GET http://h/a HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['leaves an HTTP/0.9 request without a version', { version: '' }, 'GET http://h/a\r\nHost: h\r\n\r\n'],
  [
    'adds the body that the fields ask for',
    { headers: [{ name: 'Content-Length', value: '2' }] },
    'GET http://h/a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nxx',
  ],
  ['sends a code point as a byte', { uri: '/\xff' }, 'GET http://h/\xff HTTP/1.1\r\nHost: h\r\n\r\n'],
])('%s', (_, changes, expected) => {
  const bytes = formatProxyRequest({ ...base, ...changes }, 'h')

  expect(bytes.toString('latin1')).toBe(expected)
})
