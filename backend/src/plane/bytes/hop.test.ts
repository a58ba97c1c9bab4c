import { describe, expect, it } from 'vitest'

import { octetsOf } from '../../../test/support/prefixes.ts'
import { scanFields } from './fields.ts'
import { readHop, type Hop } from './hop.ts'

function read(...lines: string[]): Hop {
  const scanned = scanFields(octetsOf(lines.map((line) => `${line}\r\n`).join('') + '\r\n'), 0)
  if (typeof scanned === 'string') throw new Error(scanned)
  return readHop(scanned.special)
}

const connection = (...names: string[]): Partial<Hop> => ({ connection: new Set(names) })
const stands = (holdsAsItStands: boolean): Partial<Hop> => ({ holdsAsItStands })

describe('a head says of its connection', () => {
  it.each<[string, string[], Partial<Hop>]>([
    ['nothing', ['Host: a'], { connection: new Set(), upgrade: null, acceptsTrailers: false, nominated: null }],
    ['that it ends', ['Connection: Close'], { ...connection('close'), ...stands(true) }],
    ['that it stays', ['Connection: keep-alive'], { ...connection('keep-alive'), ...stands(true) }],
    ['several things at once', ['Connection: a , ,\tb', 'Connection: close'], connection('a', 'b', 'close')],
    ['nothing in an empty field', ['Connection: '], { ...connection(), ...stands(false) }],
    ['no option that ends in A0', ['Connection: close\xa0'], connection('close\xa0')],
    ['what it changes to', ['Connection: Upgrade', 'Upgrade: websocket'], { upgrade: 'websocket', ...stands(true) }],
    ['no change that Connection does not name', ['Upgrade: websocket'], { upgrade: null }],
    ['no change without an Upgrade', ['Connection: upgrade'], { upgrade: null, ...stands(false) }],
    ['no change to h2c', ['Connection: upgrade', 'Upgrade: h2c'], { upgrade: null, ...stands(false) }],
    ['no change to h2c among others', ['Connection: upgrade', 'Upgrade: websocket, H2C'], { upgrade: null }],
    [
      'no change to h2c in a field before',
      ['Connection: upgrade', 'Upgrade: h2c', 'Upgrade: websocket'],
      { upgrade: null },
    ],
    ['all that it may change to', ['Connection: upgrade', 'Upgrade: a', 'Upgrade: b'], { upgrade: 'a, b' }],
    ['that trailers are welcome', ['Connection: TE', 'TE: trailers'], { acceptsTrailers: true, ...stands(true) }],
    [
      'the same among codings, which are not',
      ['Connection: TE', 'TE: gzip, Trailers'],
      { acceptsTrailers: true, ...stands(false) },
    ],
    ['the same where Connection forgot it', ['TE: trailers'], { acceptsTrailers: true, ...stands(false) }],
    ['no such thing in an empty field', ['Connection: TE', 'TE:'], { acceptsTrailers: false, ...stands(false) }],
    [
      'codings in a field before trailers',
      ['Connection: TE', 'TE: gzip', 'TE: trailers'],
      { acceptsTrailers: true, ...stands(false) },
    ],
    ['no trailers in another word', ['Connection: TE', 'TE: no-trailers'], { acceptsTrailers: false }],
    [
      'which fields are its own',
      ['Connection: close, X-A, x-b'],
      { nominated: new Set(['x-a', 'x-b']), ...stands(false) },
    ],
    [
      'nothing about fields that are not its own to name',
      ['Connection: Host, Content-Length, Transfer-Encoding, Cache-Control, Expect'],
      { nominated: null },
    ],
  ])('%s', (_, lines, expected) => {
    expect(read(...lines)).toMatchObject(expected)
  })
})
