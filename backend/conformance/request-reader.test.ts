import { expect, it } from 'vitest'

import { RequestReader } from './request-reader.ts'

function read(...chunks: string[]): string[] {
  const events: string[] = []
  const reader = new RequestReader({
    onHead: ({ line }) => void events.push(`head ${line?.method} ${line?.target}`),
    onBody: (bytes) => void events.push(`body ${bytes.toString('latin1')}`),
    onEnd: () => void events.push('end'),
  })
  for (const chunk of chunks) reader.read(Buffer.from(chunk, 'latin1'))
  return events
}

it('parts requests that follow each other', () => {
  const events = read('POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\nxyGET /b HTTP/1.1\r\n\r\n')

  expect(events).toEqual(['head POST /a', 'body xy', 'end', 'head GET /b', 'end'])
})

it('follows a chunked body through pieces', () => {
  const events = read('POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nx', 'y\r\n0\r\n', '\r\n')

  expect(events.join('|')).toBe('head POST /a|body 2\r\n|body x|body y\r\n|body 0\r\n|body \r\n|end')
})

it('takes what it can not read as a head without a line', () => {
  const events = read('nonsense\r\n\r\n')

  expect(events).toEqual(['head undefined undefined', 'end'])
})
