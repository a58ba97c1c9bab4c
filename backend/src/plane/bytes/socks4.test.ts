import { describe, expect, it } from 'vitest'

import { kindsOfPrefixes } from '../../../test/support/prefixes.ts'
import { whole } from './parsed.ts'
import { formatSocks4Reply, parseSocks4 } from './socks4.ts'

const text = (value: string) => [...Buffer.from(value, 'latin1'), 0]
const address = [192, 0, 2, 1]
const named = [0, 0, 0, 1]
const request = (command: number, place: number[], ...texts: string[]) =>
  Buffer.from([4, command, 1, 187, ...place, ...texts.flatMap(text)])

describe('SOCKS4', () => {
  it.each<[string, Buffer, object]>([
    ['an address', request(1, address, ''), { host: '192.0.2.1', port: 443, credentials: null }],
    ['a name', request(1, named, '', 'a.test'), { host: 'a.test', port: 443, credentials: null }],
    ['a name of 255', request(1, named, '', 'n'.repeat(255)), { host: 'n'.repeat(255) }],
    [
      'credentials',
      request(1, named, 'proxy1:a:b', 'a.test'),
      { credentials: { username: 'proxy1', password: 'a:b' } },
    ],
    [
      'credentials for an address',
      request(1, address, 'proxy1:t'),
      { credentials: { username: 'proxy1', password: 't' } },
    ],
    ['a user name alone', request(1, address, 'me'), { credentials: { username: 'me', password: '' } }],
    ['a user name in UTF-8', request(1, address, 'Ho\xc3\xa0:t'), { credentials: { username: 'Hoà', password: 't' } }],
    ['a user id of 512', request(1, address, 'u'.repeat(512)), {}],
    ['the address of nobody', request(1, [0, 0, 0, 0], ''), { host: '0.0.0.0' }],
    ['BIND', request(2, address, ''), { host: null }],
  ])('reads a request for %s, whole at its last byte', (_, bytes, expected) => {
    expect(parseSocks4(bytes)).toMatchObject(whole(expected, bytes.length))
    expect(kindsOfPrefixes(parseSocks4, bytes)).toEqual(['incomplete'])
    expect(parseSocks4(Buffer.concat([bytes, Buffer.from([22, 0])]))).toMatchObject({ bytes: bytes.length })
  })

  it.each<[string, Buffer]>([
    ['port 0', Buffer.from([4, 1, 0, 0, ...address, 0])],
    ['an empty name', request(1, named, '', '')],
    ['a name with a blank', request(1, named, '', 'a b')],
    ['a name that would end a line', request(1, named, '', 'a\r\nb')],
    ['a name with a raw byte', request(1, named, '', 'a\xa0')],
    ['a name of 256', request(1, named, '', 'n'.repeat(256))],
    ['a name without an end', request(1, named, '', 'n'.repeat(600)).subarray(0, -1)],
    ['a user id without an end', request(1, address, 'u'.repeat(600)).subarray(0, -1)],
    ['a user id of 513', request(1, address, 'u'.repeat(513))],
  ])('reads no request with %s', (_, bytes) => {
    expect(parseSocks4(bytes)).toMatchObject({ kind: 'bad' })
  })

  it('answers in eight bytes', () => {
    expect([...formatSocks4Reply(true)]).toEqual([0, 0x5a, 0, 0, 0, 0, 0, 0])
    expect([...formatSocks4Reply(false)]).toEqual([0, 0x5b, 0, 0, 0, 0, 0, 0])
  })
})
