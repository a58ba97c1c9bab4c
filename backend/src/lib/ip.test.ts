import { describe, expect, it } from 'vitest'

import { addressGroup, createNetworkMatcher, normalizeAddress, normalizeNetwork } from './ip.ts'

describe('normalizeAddress', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:0201', '192.0.2.1'],
    ['::FFFF:C000:201', '192.0.2.1'],
    ['::ffff:0:0', '0.0.0.0'],
    ['::ffff:255.255.255.255', '255.255.255.255'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['0000:0000:0000:0000:0000:FFFF:C000:0201', '192.0.2.1'],
    ['0::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1%eth0', '192.0.2.1'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['fe80::1%eth0', 'fe80::1'],
    ['FE80::1%25', 'fe80::1'],
    // IPv4-compatible and translated addresses are not mapped ones.
    ['::192.0.2.1', '::c000:201'],
    ['::ffff:0:192.0.2.1', '::ffff:0:c000:201'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['::ffff:999.0.2.1', '::ffff:999.0.2.1'],
    ['[2001:db8::1]:443', '[2001:db8::1]:443'],
    ['192.0.2.1:443', '192.0.2.1:443'],
    ['::1]/../x', '::1]/../x'],
    ['', ''],
  ])('writes %j as %j', (given, canonical) => {
    expect(normalizeAddress(given)).toBe(canonical)
    expect(normalizeAddress(canonical)).toBe(canonical)
  })
})

describe('normalizeNetwork', () => {
  it.each([
    ['192.0.2.0/24', '192.0.2.0/24'],
    ['::ffff:192.0.2.0/120', '192.0.2.0/24'],
    ['::FFFF:C000:0200/120', '192.0.2.0/24'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:0:0/95', '::ffff:0:0/95'],
    ['::/0', '::/0'],
    ['2001:DB8:0::/48', '2001:db8::/48'],
  ])('writes %j as %j', (given, canonical) => {
    expect(normalizeNetwork(given)).toBe(canonical)
  })
})

describe('createNetworkMatcher', () => {
  it.each([
    ['::ffff:192.0.2.0/120', '192.0.2.77', true],
    ['::ffff:192.0.2.0/120', '::ffff:c000:024d', true],
    ['::ffff:192.0.2.0/120', '192.0.3.1', false],
    ['::FFFF:C000:0201', '192.0.2.1', true],
    ['192.0.2.0/24', '0:0:0:0:0:FFFF:192.0.2.77', true],
    ['::/0', '192.0.2.1', false],
    ['::/0', '2001:db8::1', true],
    ['2001:DB8::/32', '2001:0db8:0::1%eth0', true],
    ['192.0.2.0/24', 'nobody', false],
  ])('of %s, asked for %s: %s', (network, address, isIn) => {
    expect(createNetworkMatcher([network])(address)).toBe(isIn)
  })

  it('refuses what is no network', () => {
    expect(() => createNetworkMatcher(['example.test'])).toThrow('not an IP address or network: example.test')
  })
})

describe('addressGroup', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff::', '2001:db8:1:2::/64'],
    ['2001:DB8::1', '2001:db8::/64'],
    ['2001::1:2:3:4:5:6', '2001:0:1:2::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
    ['::1', '::/64'],
    ['1::', '1::/64'],
    ['in-memory', 'in-memory'],
  ])('of %s is %s', (address, group) => {
    expect(addressGroup(address)).toBe(group)
  })
})
