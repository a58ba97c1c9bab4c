import { describe, expect, it } from 'vitest'

import { formatAuthority, formatIpv6, ipv6Bytes, isIpv4, isIpv6 } from './addresses.ts'

describe('an IPv6 address', () => {
  it.each<[string, string]>([
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['1::', '00010000000000000000000000000000'],
    ['2001:db8::7', '20010db8000000000000000000000007'],
    ['2001:DB8:0:0:0:0:0:7', '20010db8000000000000000000000007'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
    ['::2:3:4:5:6:7:8', '00000002000300040005000600070008'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
    ['64:ff9b::203.0.113.255', '0064ff9b0000000000000000cb0071ff'],
    ['1:2:3:4:5:6:255.255.255.255', '000100020003000400050006ffffffff'],
  ])('%s is its 16 bytes', (address, hex) => {
    expect(ipv6Bytes(address).toString('hex')).toBe(hex)
  })

  it.each<[string, string]>([
    ['00000000000000000000000000000000', '0:0:0:0:0:0:0:0'],
    ['20010db8000000000000000000000007', '2001:db8:0:0:0:0:0:7'],
    ['00000000000000000000ffffc0000201', '0:0:0:0:0:ffff:c000:201'],
  ])('of the bytes %s is written %s, and read again', (hex, text) => {
    const bytes = Buffer.from(hex, 'hex')

    expect(formatIpv6(bytes)).toBe(text)
    expect(ipv6Bytes(text)).toEqual(bytes)
  })
})

describe('a host', () => {
  it.each<[string, string]>([
    ['a.test', 'a.test:443'],
    ['192.0.2.1', '192.0.2.1:443'],
    ['2001:db8::7', '[2001:db8::7]:443'],
  ])('%s stands before its port as it must', (host, expected) => {
    expect(formatAuthority(host, 443)).toBe(expected)
  })

  it.each<[string, boolean, boolean]>([
    ['192.0.2.1', true, false],
    ['2001:db8::7', false, true],
    ['::ffff:192.0.2.1', false, true],
    ['a.test', false, false],
    ['192.0.2', false, false],
    ['[::1]', false, false],
    ['', false, false],
  ])('%s is IPv4: %s, IPv6: %s', (host, four, six) => {
    expect([isIpv4(host), isIpv6(host)]).toEqual([four, six])
  })
})
