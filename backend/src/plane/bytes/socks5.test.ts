import { describe, expect, it } from 'vitest'

import { kindsOfPrefixes } from '../../../test/support/prefixes.ts'
import { incomplete, whole, type Parsed } from './parsed.ts'
import {
  formatConnect,
  formatGreeting,
  formatPassword,
  formatSocksReply,
  parseGreeting,
  parseLoginStatus,
  parseMethod,
  parsePassword,
  parseSocksReply,
  parseSocksRequest,
} from './socks5.ts'

const text = (value: string) => [...Buffer.from(value, 'latin1')]
const name = (value: string) => [value.length, ...text(value)]
const v6 = [...Buffer.from('20010db8000000000000000000000007', 'hex')]
const port = [1, 187]
const connect = (host: string, to = 443) => ({ kind: 'connect', host, port: to })
const refused = (problem: number) => ({ kind: 'refused', problem })
const longest = 'n'.repeat(255)

const parsers: Record<string, (bytes: Buffer) => Parsed<unknown>> = {
  greeting: parseGreeting,
  login: parsePassword,
  request: parseSocksRequest,
  method: parseMethod,
  'status of a login': parseLoginStatus,
  reply: parseSocksReply,
}

function parse(what: string, bytes: Buffer): Parsed<unknown> {
  return parsers[what]?.(bytes) ?? incomplete
}

describe('SOCKS5', () => {
  it.each<[string, string, number[], unknown]>([
    ['greeting', 'one method', [5, 1, 0], new Set([0])],
    ['greeting', 'several', [5, 3, 0, 2, 1], new Set([0, 1, 2])],
    ['greeting', 'none', [5, 0], new Set()],
    [
      'login',
      'user name and password',
      [1, ...name('proxy1'), ...name('secret')],
      { username: 'proxy1', password: 'secret' },
    ],
    ['login', 'empty ones', [1, 0, 0], { username: '', password: '' }],
    ['login', '255 letters each', [1, ...name(longest), ...name(longest)], { username: longest, password: longest }],
    ['login', 'UTF-8', [1, ...name('Ho\xc3\xa0'), ...name('\xc3\xa0')], { username: 'Hoà', password: 'à' }],
    ['request', 'a name', [5, 1, 0, 3, ...name('a.test'), ...port], connect('a.test')],
    ['request', 'a name of 255', [5, 1, 0, 3, ...name(longest), ...port], connect(longest)],
    ['request', 'IPv4', [5, 1, 0, 1, 192, 0, 2, 1, ...port], connect('192.0.2.1')],
    ['request', 'IPv6', [5, 1, 0, 4, ...v6, ...port], connect('2001:db8:0:0:0:0:0:7')],
    ['request', 'the highest port', [5, 1, 0, 1, 192, 0, 2, 1, 255, 255], connect('192.0.2.1', 65_535)],
    ['request', 'BIND', [5, 2, 0, 1, 192, 0, 2, 1, ...port], refused(7)],
    ['request', 'UDP', [5, 3, 0, 3, ...name('a.test'), ...port], refused(7)],
    ['request', 'port 0', [5, 1, 0, 1, 192, 0, 2, 1, 0, 0], refused(2)],
    ['request', 'an address of an unknown kind', [5, 1, 0, 2], refused(8)],
    ['method', 'none', [5, 0], 0],
    ['method', 'refused', [5, 255], 255],
    ['status of a login', 'good', [1, 0], 0],
    ['status of a login', 'bad', [1, 7], 7],
    ['reply', 'done with IPv4', [5, 0, 0, 1, 0, 0, 0, 0, 0, 0], 0],
    ['reply', 'done with IPv6', [5, 0, 0, 4, ...v6, ...port], 0],
    ['reply', 'done with a name', [5, 0, 0, 3, ...name('a.test'), ...port], 0],
    ['reply', 'done with an empty name', [5, 0, 0, 3, 0, ...port], 0],
    ['reply', 'a refusal of two bytes', [5, 4], 4],
  ])('reads a %s of %s, whole at its last byte', (what, _, message, expected) => {
    const bytes = Buffer.from(message)
    const rest = Buffer.from([5, 1, 0])

    expect(parse(what, bytes)).toEqual(whole(expected, bytes.length))
    expect(kindsOfPrefixes((prefix) => parse(what, prefix), bytes)).toEqual(['incomplete'])
    // What is refused is not read on.
    if (bytes.length > 4) expect(parse(what, Buffer.concat([bytes, rest]))).toEqual(whole(expected, bytes.length))
  })

  it.each<[string, string, number[]]>([
    ['greeting', 'SOCKS4', [4, 1]],
    ['greeting', 'HTTP', text('GET')],
    ['login', 'a version that is not its own', [5, 1]],
    ['request', 'SOCKS4', [4, 1]],
    ['request', 'an empty name', [5, 1, 0, 3, 0, ...port]],
    ['request', 'a name with a blank', [5, 1, 0, 3, ...name('a b'), ...port]],
    ['request', 'a name that would end a line', [5, 1, 0, 3, ...name('a\r\nb'), ...port]],
    ['request', 'a name with a colon', [5, 1, 0, 3, ...name('a:1'), ...port]],
    ['request', 'a name with a raw byte', [5, 1, 0, 3, ...name('a\xa0'), ...port]],
    ['request', 'a name with a zero', [5, 1, 0, 3, ...name('a\0b'), ...port]],
    ['method', 'HTTP', text('HTTP/1.1')],
    ['status of a login', 'another version', [5, 0]],
    ['reply', 'HTTP', text('HTTP/1.1')],
    ['reply', 'an address of an unknown kind', [5, 0, 0, 2]],
  ])('reads no %s of %s', (what, _, message) => {
    expect(parse(what, Buffer.from(message))).toMatchObject({ kind: 'bad' })
  })

  it.each<[string, string, number[] | null]>([
    ['a name', 'a.test', [3, ...name('a.test')]],
    ['a name of 255', longest, [3, ...name(longest)]],
    ['IPv4', '192.0.2.1', [1, 192, 0, 2, 1]],
    ['IPv6', '2001:db8::7', [4, ...v6]],
    ['a name of 256', `n${longest}`, null],
    ['a name of 300', 'n'.repeat(300), null],
    ['no name', '', null],
  ])('asks for %s', (_, host, address) => {
    const request = formatConnect(host, 443)

    expect(request).toEqual(address === null ? null : Buffer.from([5, 1, 0, ...address, ...port]))
  })

  it('writes what it reads', () => {
    const credentials = { username: 'Hoà', password: 'b:c' }

    expect(parseGreeting(formatGreeting([0, 2]))).toEqual(whole(new Set([0, 2]), 4))
    expect(parsePassword(formatPassword(credentials))).toMatchObject({ value: credentials })
    expect(parseSocksReply(formatSocksReply(0))).toEqual(whole(0, 10))
    expect(parseSocksReply(formatSocksReply(5))).toMatchObject({ value: 5 })
  })

  it('cuts a login that is too long, so that it is refused and nothing else is said', () => {
    const login = formatPassword({ username: `u${longest}`, password: `p${longest}` })

    expect(parsePassword(login)).toMatchObject({ kind: 'whole', bytes: login.length })
    expect(login.length).toBe(513)
  })
})
