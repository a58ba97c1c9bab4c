import { expect, it } from 'vitest'

import { parseConfig } from '../config.ts'
import { publishedWays, type Published, type SharedPorts } from './published.ts'

const open: SharedPorts = { gatewayPort: 8080, tlsPort: null }
const openTls: SharedPorts = { gatewayPort: 8080, tlsPort: 8443 }
const domain = { DOMAIN: 'example.com' }
const address = { DOMAIN: '203.0.113.10' }
const toAll = { PROXY_HOST: '0.0.0.0', GATEWAY_HOST: '0.0.0.0' }

const cases: [name: string, environment: Record<string, string>, ports: SharedPorts, ways: (string | number)[]][] = [
  ['nothing set', {}, open, ['own', 8080]],
  ['nothing set, and no gateway', {}, { gatewayPort: null, tlsPort: null }, ['own']],
  ['a certificate', {}, openTls, ['own', 8080, 'tls 8443']],
  ['all ports open to all', toAll, openTls, ['own', 8080, 'tls 8443']],
  ['own ports open to all, the gateway to this machine', { PROXY_HOST: '0.0.0.0' }, openTls, ['own']],
  ['own ports at an address, the gateway at ::1', { PROXY_HOST: '192.0.2.1', GATEWAY_HOST: '::1' }, open, ['own']],
  ['the gateway open to all, own ports to this machine', { GATEWAY_HOST: '0.0.0.0' }, open, ['own', 8080]],
  ['https public, own ports for this machine', { ...domain, PUBLIC_HTTPS: 'true' }, open, [80, 'tls 443']],
  ['https public without a domain', { PUBLIC_HTTPS: 'true' }, open, [80]],
  ['https public', { ...toAll, PUBLIC_HTTPS: 'true' }, openTls, ['own', 80, 'tls 443']],
  [
    'the compose file',
    { ...domain, ...toAll, PUBLIC_HTTPS: 'true', PUBLIC_WAYS: 'shared:80,tls:443' },
    open,
    [80, 'tls 443'],
  ],
  ['the compose file, an address', { ...toAll, ...address, PUBLIC_WAYS: 'shared:80,tls:443' }, open, [80]],
  [
    'TLS in front of our own, an address',
    { ...address, PUBLIC_WAYS: 'tls:443', TLS_CERT: '/c', TLS_KEY: '/k' },
    openTls,
    ['tls 443'],
  ],
  ['the compose file without https', { ...domain, ...toAll, PUBLIC_WAYS: 'shared:80,tls:443' }, open, [80, 'tls 443']],
  ['own ports alone', { PUBLIC_WAYS: 'own' }, openTls, ['own']],
  ['the shared port alone, as it is', { PUBLIC_WAYS: 'shared' }, openTls, [8080]],
  ['TLS alone, as it is', { PUBLIC_WAYS: 'tls', TLS_CERT: '/c', TLS_KEY: '/k' }, openTls, ['tls 8443']],
  ['another port in front', { PUBLIC_WAYS: 'own,shared:3128' }, open, ['own', 3128]],
]

it.each(cases)('%s', (_, environment, ports, ways) => {
  expect(list(publishedWays(parseConfig(environment), ports))).toEqual(ways)
})

function list({ hasOwnPorts, sharedPort, tlsPort }: Published): (string | number)[] {
  const tls = tlsPort === null ? null : `tls ${tlsPort}`
  return [hasOwnPorts ? 'own' : null, sharedPort, tls].filter((way) => way !== null)
}
