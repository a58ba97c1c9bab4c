import { describe, expect, it } from 'vitest'

import { formatAnswer, type Answer } from './http-answer.ts'

const plain = 'Content-Type: text/plain; charset=utf-8'
const text = (lines: string[], body: string) => `${lines.join('\r\n')}\r\n\r\n${body}`

describe('an answer of our own', () => {
  it.each<[string, Answer, string]>([
    [
      'ends the connection',
      { status: 400, text: 'No.' },
      text(
        ['HTTP/1.1 400 Bad Request', plain, 'Content-Length: 4', 'Cache-Control: no-store', 'Connection: close'],
        'No.\n',
      ),
    ],
    [
      'keeps it where it may',
      { status: 404, text: 'No.', keepsConnection: true },
      text(['HTTP/1.1 404 Not Found', plain, 'Content-Length: 4', 'Cache-Control: no-store'], 'No.\n'),
    ],
    [
      'asks for credentials',
      { status: 407, text: 'Who?', realm: 'proxy1', keepsConnection: true },
      text(
        [
          'HTTP/1.1 407 Proxy Authentication Required',
          plain,
          'Content-Length: 5',
          'Cache-Control: no-store',
          'Proxy-Authenticate: Basic realm="proxy1", charset="UTF-8"',
        ],
        'Who?\n',
      ),
    ],
    [
      'says when to come again',
      { status: 503, text: 'Wait.', retryAfterSeconds: 7 },
      text(
        [
          'HTTP/1.1 503 Service Unavailable',
          plain,
          'Content-Length: 6',
          'Cache-Control: no-store',
          'Retry-After: 7',
          'Connection: close',
        ],
        'Wait.\n',
      ),
    ],
    [
      'has a length in bytes, and a reason also for a status that nobody knows',
      { status: 599, text: 'Hoà' },
      text(['HTTP/1.1 599 Error', plain, 'Content-Length: 5', 'Cache-Control: no-store', 'Connection: close'], 'Hoà\n'),
    ],
  ])('%s', (_, answer, expected) => {
    expect(formatAnswer(answer)).toBe(expected)
  })
})
