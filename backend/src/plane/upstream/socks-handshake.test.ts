import { describe, expect, it } from 'vitest'

import { byteByByte, converse, inTwo } from '../../../test/support/conversation.ts'
import type { FailureKind } from './failure.ts'
import { SocksHandshake } from './socks-handshake.ts'

const target = { host: 'a.test', port: 443 }
const credentials = { username: 'me', password: 'it' }
const begin = (isKnown = false) => new SocksHandshake(isKnown ? credentials : null, target)
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

const request = `0501000306${Buffer.from('a.test').toString('hex')}01bb`
const login = '01026d65026974'
const v4 = '05 00 00 01 00000000 0000'

describe('SOCKS5 with an upstream', () => {
  it.each<[string, boolean, string]>([
    ['no method but none without credentials', false, '050100'],
    ['a login too with credentials', true, '05020002'],
  ])('offers %s', (_, isKnown, expected) => {
    expect(Buffer.from(begin(isKnown).first).toString('hex')).toBe(expected)
  })

  it.each<[string, boolean, string, string[]]>([
    ['without a login', false, `05 00 ${v4}`, [request]],
    ['without a login although it could have one', true, `05 00 ${v4}`, [request]],
    ['with a login', true, `05 02 01 00 ${v4}`, [login, request]],
    [
      'with a login of version 1 and a reply of IPv6',
      true,
      `05 02 01 00 05 00 00 04 ${'00'.repeat(16)} 01bb`,
      [login, request],
    ],
    ['with a reply of a name', false, '05 00 05 00 00 03 03 612e62 0000', [request]],
    ['with a reply of an empty name', false, '05 00 05 00 00 03 00 0000', [request]],
  ])('is open %s, in whatever pieces', (_, isKnown, text, said) => {
    const bytes = hex(text)

    for (const pieces of [...inTwo(bytes), byteByByte(bytes)]) {
      expect(converse(begin(isKnown), pieces)).toEqual({ kind: 'open', said, left: 0 })
    }
    expect(converse(begin(isKnown), [bytes.subarray(0, -1)])).toEqual({ kind: 'more', said })
  })

  it('leaves what came behind the reply', () => {
    expect(converse(begin(), [hex(`05 00 ${v4} 535348`)])).toMatchObject({ kind: 'open', left: 3 })
  })

  it.each<[string, boolean, string, FailureKind, number]>([
    ['no method', false, '05 ff', 'denied', 502],
    ['a login that it has no credentials for', false, '05 02', 'denied', 502],
    ['a method that it does not know', true, '05 01', 'denied', 502],
    ['a login that is refused', true, '05 02 01 01', 'denied', 502],
    ['a target that is not allowed', false, '05 00 05 02 00 01 00000000 0000', 'target', 403],
    ['a network that is out of reach', false, '05 00 05 03 00 01 00000000 0000', 'target', 502],
    ['a host that is out of reach, in two bytes', false, '05 00 05 04', 'target', 502],
    ['a target that does not answer', false, '05 00 05 06 00 01 00000000 0000', 'target', 504],
    ['a code that nobody knows', false, '05 00 05 99', 'target', 502],
    ['HTTP for a greeting', false, '48 54 54 50', 'nonsense', 502],
    ['another version of the login', true, '05 02 05 00', 'nonsense', 502],
    ['another version of the reply', false, '05 00 04 00', 'nonsense', 502],
    ['an address of an unknown kind', false, '05 00 05 00 00 02', 'nonsense', 502],
  ])('fails after %s, in whatever pieces', (_, isKnown, text, kind, status) => {
    const bytes = hex(text)

    for (const pieces of [...inTwo(bytes), byteByByte(bytes)]) {
      expect(converse(begin(isKnown), pieces)).toMatchObject({ kind: 'failed', failure: { kind, status } })
    }
  })

  it.each([256, 300])('asks nothing for a name of %s letters', (length) => {
    const handshake = new SocksHandshake(null, { host: 'n'.repeat(length), port: 443 })

    expect(converse(handshake, [hex('05 00')])).toMatchObject({
      kind: 'failed',
      said: [],
      failure: { kind: 'target', status: 400 },
    })
  })
})
