import { describe, expect, it } from 'vitest'

import { createTable, type Clues, type Entry } from './identify.ts'

const entries: Entry[] = [
  { name: 'proxy1', localAddress: '2001:db8::1', allowedNetworks: ['198.51.100.0/24', '203.0.113.9'] },
  { name: 'proxy2', localAddress: null, allowedNetworks: ['198.51.100.128/25', '203.0.113.9'] },
  { name: 'proxy3', localAddress: '192.0.2.3', allowedNetworks: ['2001:db8:7::/48', '0.0.0.0/0'] },
]
const identify = createTable('example.com', entries)
const nothing: Clues = { serverName: null, username: null, localAddress: '192.0.2.100', clientAddress: '' }

describe('an endpoint is recognised', () => {
  it.each<[string, Partial<Clues>, string | null]>([
    ['by nothing', {}, null],
    ['by the name asked for by TLS', { serverName: 'proxy2.example.com' }, 'proxy2'],
    ['by that name in capitals, with a dot', { serverName: 'Proxy2.EXAMPLE.com.' }, 'proxy2'],
    ['by that name before a user name', { serverName: 'proxy2.example.com', username: 'proxy1' }, 'proxy2'],
    [
      'not by the name of no endpoint, whatever else fits',
      { serverName: 'proxy9.example.com', username: 'proxy1' },
      null,
    ],
    ['by a user name where the name is not ours', { serverName: 'other.test', username: 'proxy1' }, 'proxy1'],
    ['not by a name two levels down', { serverName: 'a.proxy1.example.com' }, null],
    ['by a user name', { username: 'proxy1' }, 'proxy1'],
    ['not by an unknown user name, whatever else fits', { username: 'nobody', clientAddress: '198.51.100.1' }, null],
    ['by a user name before an address', { username: 'proxy2', localAddress: '192.0.2.3' }, 'proxy2'],
    ['by the address it came in on', { localAddress: '192.0.2.3' }, 'proxy3'],
    ['by the same, written as IPv6', { localAddress: '::ffff:192.0.2.3' }, 'proxy3'],
    ['by an IPv6 address it came in on', { localAddress: '2001:db8::1', clientAddress: '198.51.100.200' }, 'proxy1'],
    ['by the client address in a network', { clientAddress: '198.51.100.5' }, 'proxy1'],
    ['by the most specific network', { clientAddress: '198.51.100.200' }, 'proxy2'],
    ['by a network of everything, last', { clientAddress: '9.9.9.9' }, 'proxy3'],
    ['not by an address that two endpoints allow alike', { clientAddress: '203.0.113.9' }, null],
    ['by an IPv6 network', { clientAddress: '2001:db8:7::5' }, 'proxy3'],
    ['not by an IPv6 address in an IPv4 network', { clientAddress: '2001:db9::5' }, null],
    ['by IPv4 written as IPv6', { clientAddress: '::ffff:198.51.100.200' }, 'proxy2'],
  ])('%s', (_, clues, expected) => {
    expect(identify({ ...nothing, ...clues })).toBe(expected)
  })
})
