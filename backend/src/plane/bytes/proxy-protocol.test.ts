import { describe, expect, it } from 'vitest'

import { bad, incomplete, whole, type Parsed } from './parsed.ts'
import { parseProxyHeader, type Forwarded } from './proxy-protocol.ts'

const signature = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]
const v2 = (command: number, family: number, body: number[], length = body.length) =>
  Buffer.from([...signature, command, family, length >> 8, length & 255, ...body])
const v4Body = [203, 0, 113, 7, 192, 0, 2, 1, 0x30, 0x39, 0, 80]
const v6Body = [...ipv6('20010db8000000000000000000000007'), ...ipv6('20010db8000000000000000000000001'), 1, 2, 3, 4]

function ipv6(hex: string): number[] {
  return [...Buffer.from(hex, 'hex')]
}

const v4 = { clientAddress: '203.0.113.7', localAddress: '192.0.2.1' }
const v6 = { clientAddress: '2001:db8::7', localAddress: '2001:db8::1' }
const longV6 = { clientAddress: '2001:db8:0:0:0:0:0:7', localAddress: '2001:db8:0:0:0:0:0:1' }
const malformed = bad('The PROXY protocol header is malformed.')
const header = (bytes: number, forwarded: Forwarded | null) => whole(forwarded, bytes)

describe('the PROXY protocol', () => {
  it.each<[string, Buffer | string, Parsed<Forwarded | null>]>([
    ['nothing yet', '', incomplete],
    ['a request', 'GET http://a/ HTTP/1.1\r\n', header(0, null)],
    ['a SOCKS5 greeting', Buffer.from([5, 1, 0]), header(0, null)],
    ['TLS', Buffer.from([22, 3, 1, 0]), header(0, null)],
    ['the start of version 1', 'PRO', incomplete],
    ['version 1', 'PROXY TCP4 203.0.113.7 192.0.2.1 12345 80\r\nGET ', header(43, v4)],
    ['version 1 of IPv6', 'PROXY TCP6 2001:db8::7 2001:db8::1 12345 80\r\n', header(45, v6)],
    ['version 1 without addresses', 'PROXY UNKNOWN\r\n', header(15, null)],
    ['version 1 with half a line', 'PROXY TCP4 203.0.113.7 192', incomplete],
    ['version 1 that never ends', `PROXY TCP4 ${'1'.repeat(200)}`, malformed],
    ['version 1 with the wrong family', 'PROXY TCP4 2001:db8::7 192.0.2.1 1 2\r\n', malformed],
    ['version 1 with a port too high', 'PROXY TCP4 203.0.113.7 192.0.2.1 70000 80\r\n', malformed],
    ['version 1 with a bare line feed', 'PROXY TCP4 203.0.113.7 192.0.2.1 1 80\n', malformed],
    ['the start of version 2', Buffer.from(signature.slice(0, 5)), incomplete],
    ['version 2', v2(0x21, 0x11, v4Body), header(28, v4)],
    ['version 2 of IPv6', v2(0x21, 0x21, v6Body), header(52, longV6)],
    ['version 2 with more than addresses', v2(0x21, 0x11, [...v4Body, 4, 0, 1, 0]), header(32, v4)],
    ['version 2 of the proxy itself', v2(0x20, 0, []), header(16, null)],
    ['version 2 of a Unix socket', v2(0x21, 0x31, v4Body), header(28, null)],
    ['version 2 with half an address', v2(0x21, 0x11, v4Body.slice(0, 5), 12), incomplete],
    ['version 2 with a length too short', v2(0x21, 0x11, v4Body.slice(0, 5)), malformed],
    ['version 2 with a length too long', v2(0x21, 0x11, v4Body, 60_000), malformed],
    ['version 2 with another command', v2(0x2f, 0x11, v4Body), malformed],
    ['version 3', v2(0x31, 0x11, v4Body), malformed],
  ])('reads %s', (_, bytes, expected) => {
    expect(parseProxyHeader(Buffer.from(bytes as string))).toEqual(expected)
  })
})
