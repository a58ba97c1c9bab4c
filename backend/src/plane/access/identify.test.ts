import { describe, expect, it } from 'vitest'

import type { Route } from '../table.ts'
import { createIdentify, type Clues } from './identify.ts'

const route = (name: string, localAddress: string | null, networks: string[], addresses: string[] = []): Route => ({
  id: Number(name.slice(5)),
  name,
  port: 1,
  access: { username: name, tokenHash: '', networks, addresses, asksAlways: false },
  localAddress,
  upstream: { kind: 'missing', message: '', retryAfterSeconds: null },
  isRotating: false,
  isExpected: false,
  limits: { holdMs: 0, drainMs: 0, idleDrainMs: 0, tunnelIdleMs: 0 },
})
const identify = createIdentify('example.com', [
  route('proxy1', '2001:db8::1', ['198.51.100.0/24', '203.0.113.9'], ['192.0.2.50', '192.0.2.51', '198.51.100.129']),
  route('proxy2', null, ['198.51.100.128/25', '203.0.113.9'], ['192.0.2.51']),
  route('proxy3', '192.0.2.3', ['2001:db8:7::/48', '10.0.0.0/8']),
])
type AllClues = Clues & { username: string | null }
const nothing: AllClues = { serverName: null, username: null, localAddress: '192.0.2.100', clientAddress: '' }

describe('an endpoint is recognised', () => {
  it.each<[string, Partial<AllClues>, string | null]>([
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
    ['by a wide network, last', { clientAddress: '10.9.9.9' }, 'proxy3'],
    ['by an address that was let in', { clientAddress: '192.0.2.50' }, 'proxy1'],
    ['not by one that two let in', { clientAddress: '192.0.2.51' }, null],
    ['by a network of the admin before an address that was let in', { clientAddress: '198.51.100.129' }, 'proxy2'],
    ['not by an empty user name: by the address', { username: '', clientAddress: '192.0.2.50' }, 'proxy1'],
    ['not by an address that two endpoints allow alike', { clientAddress: '203.0.113.9' }, null],
    ['by an IPv6 network', { clientAddress: '2001:db8:7::5' }, 'proxy3'],
    ['not by an IPv6 address in an IPv4 network', { clientAddress: '2001:db9::5' }, null],
    ['by IPv4 written as IPv6', { clientAddress: '::ffff:198.51.100.200' }, 'proxy2'],
  ])('%s', (_, clues, expected) => {
    const { username, ...others } = { ...nothing, ...clues }

    expect(identify(others, username)).toBe(expected)
  })
})
