import { describe, expect, it } from 'vitest'

import { octetsOf } from '../../../test/support/prefixes.ts'
import { createBodyReader } from './body.ts'
import type { Framing } from './framing.ts'

const text = 'head5\r\nhello\r\n0\r\n\r\nNEXT'
const bytes = octetsOf(text)

describe('a body', () => {
  it.each<[string, Framing, string, boolean]>([
    ['of none is over before it begins', { kind: 'none' }, '', true],
    ['of a length ends behind it', { kind: 'length', length: 8 }, '5\r\nhello', true],
    ['of a length of 0 is over before it begins', { kind: 'length', length: 0 }, '', true],
    ['of a length goes on while bytes are missing', { kind: 'length', length: 100 }, text.slice(4), false],
    ['of chunks ends behind the last', { kind: 'chunked' }, '5\r\nhello\r\n0\r\n\r\n', true],
    ['that the end of the connection ends takes all', { kind: 'close' }, text.slice(4), false],
  ])('%s, in whatever pieces', (_, framing, expected, isDone) => {
    for (let cut = 4; cut <= bytes.length; cut++) {
      const body = createBodyReader(framing, 'strict')
      let output = ''
      for (const [piece, start] of [
        [bytes.subarray(0, cut), 4],
        [bytes.subarray(cut), 0],
      ] as const) {
        const taken = body.isDone ? 0 : body.take(piece, start)
        output += body.output(piece, start, taken).toString('latin1')
      }

      expect(output).toBe(expected)
      expect(body.isDone).toBe(isDone)
    }
  })

  it('passes without a copy where a piece is all its own', () => {
    expect(createBodyReader({ kind: 'close' }, 'careful').output(bytes, 0, bytes.length)).toBe(bytes)
  })
})
