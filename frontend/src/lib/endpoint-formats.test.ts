import { expect, it } from 'vitest'

import type { Connection, SystemInfo } from '../../../backend/src/contract/index.ts'
import { endpointFormats, formatEndpoint, formatsOf } from './endpoint-formats'

const clear = ['host:port', 'host:port:user:pass', 'user:pass@host:port', 'http', 'socks5', 'curl']

it.each<[string, boolean[], string[]]>([
  ['own ports', [true, false, false], clear],
  ['own ports and the shared port', [true, true, false], [...clear, 'shared']],
  ['the shared port and TLS', [false, true, true], [...clear, 'https']],
  ['all ways', [true, true, true], [...endpointFormats]],
  ['TLS alone', [false, false, true], [...clear.filter((name) => name !== 'http' && name !== 'socks5'), 'https']],
])('are those that clients can use, with %s', (_, [own, shared, tls], expected) => {
  const system = { has_own_ports: own, has_shared_port: shared, has_tls_port: tls } as SystemInfo

  expect(formatsOf(system).toSorted()).toEqual(expected.toSorted())
})

it('are all there while the ways are not known', () => {
  expect(formatsOf(undefined)).toEqual(endpointFormats)
})

it('tell the port that is published', () => {
  const connection: Connection = {
    host: 'proxy1.example.com',
    port: 80,
    username: 'proxy1',
    password: 'pass',
    http_url: 'http://proxy1:pass@proxy1.example.com:80',
    socks5_url: 'socks5h://proxy1:pass@proxy1.example.com:80',
    shared_url: 'http://proxy1:pass@proxy1.example.com:80',
    tls_url: 'https://proxy1:pass@proxy1.example.com:443',
  }

  expect(formatEndpoint(connection, 'host:port', '')).toBe('proxy1.example.com:80')
  expect(formatEndpoint(connection, 'https', '')).toBe(connection.tls_url)
  expect(formatEndpoint({ ...connection, socks5_url: null }, 'socks5', '')).toBeNull()
})
