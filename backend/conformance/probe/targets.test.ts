import { expect, it } from 'vitest'

import { targetInFirstLine, targetsInText } from './targets.ts'

it.each([
  ['GET /a HTTP/1.1\r\n', 'GET http://h:1/a HTTP/1.1\r\n'],
  ['0\r\n\r\nGET / HTTP/1.1\r\n', '0\r\n\r\nGET http://h:1/ HTTP/1.1\r\n'],
  ['GET  / HTTP/1.1', 'GET  http://h:1/ HTTP/1.1'],
  ['OPTIONS * HTTP/1.1', 'OPTIONS http://h:1 HTTP/1.1'],
  ['GET * HTTP/1.1', 'GET * HTTP/1.1'],
  ['GET http://other/ HTTP/1.1', 'GET http://other/ HTTP/1.1'],
  ['Accept: text/html', 'Accept: text/html'],
])('turns %j into a request to a proxy', (text, expected) => {
  const changed = targetsInText(text, 'h:1')

  expect(changed).toBe(expected)
})

it('changes a first line that no text shows', () => {
  const changed = targetInFirstLine(Buffer.from('GET /long HTTP/1.1\r\n'), 'h:1')

  expect(changed.toString()).toBe('GET http://h:1/long HTTP/1.1\r\n')
})
