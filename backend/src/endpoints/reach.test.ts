import { describe, expect, it } from 'vitest'

import { parseConfig } from '../config.ts'
import { publishedWays } from './published.ts'
import { describeReach, reachOf, type HostPort, type Situation } from './reach.ts'

interface Told {
  /** What the table of keys shows. */
  shown: string
  main: string
  own?: string
  shared?: string
  tls?: string
}

interface Asked {
  environment?: Record<string, string>
  publicHost?: string
  reachedBy?: string
  /** Of a certificate of our own. */
  tlsPort?: number
}

const place = { subdomain: 'proxy3', port: 9003 }
const toAll = { PROXY_HOST: '0.0.0.0', GATEWAY_HOST: '0.0.0.0' }
const compose = { ...toAll, PUBLIC_HTTPS: 'true', PUBLIC_WAYS: 'shared:80,tls:443' }
const domain = { DOMAIN: 'example.com' }
const address = { DOMAIN: '203.0.113.10' }
const visited = { reachedBy: '198.51.100.7' }

function situationOf({ environment = {}, publicHost, reachedBy, tlsPort }: Asked): Situation {
  const config = parseConfig(environment)
  const published = publishedWays(config, { gatewayPort: 8080, tlsPort: tlsPort ?? null })
  return { config, published, publicHost: publicHost ?? null, reachedBy: reachedBy ?? null }
}

const local = {
  shown: 'proxy3.localhost',
  main: 'http://127.0.0.1:9003',
  own: '127.0.0.1:9003',
  shared: '127.0.0.1:8080',
}

const cases: [name: string, asked: Asked, told: Told][] = [
  ['nothing set', {}, local],
  ['nothing set, the dashboard seen from elsewhere', visited, local],
  ['nothing set, a certificate', { tlsPort: 8443 }, { ...local, tls: 'proxy3.localhost:8443' }],
  ['listening for all, seen from this machine', { environment: toAll, reachedBy: 'localhost' }, local],
  ['listening for all, not asked by anybody', { environment: toAll }, local],
  [
    'no domain, seen from elsewhere',
    { environment: { PROXY_HOST: '0.0.0.0' }, ...visited },
    {
      shown: '198.51.100.7',
      main: 'http://198.51.100.7:9003',
      own: '198.51.100.7:9003',
    },
  ],
  [
    'no domain, all listening for all, seen by a name',
    { environment: toAll, reachedBy: 'panel.example.com', tlsPort: 8443 },
    {
      shown: 'panel.example.com',
      main: 'http://panel.example.com:9003',
      own: 'panel.example.com:9003',
      shared: 'panel.example.com:8080',
      tls: 'panel.example.com:8443',
    },
  ],
  [
    'no domain, seen over IPv6',
    { environment: { PROXY_HOST: '::' }, reachedBy: '2001:db8::1' },
    {
      shown: '[2001:db8::1]',
      main: 'http://[2001:db8::1]:9003',
      own: '[2001:db8::1]:9003',
    },
  ],
  [
    'listening at one address',
    { environment: { PROXY_HOST: '192.0.2.1' }, ...visited },
    { shown: '192.0.2.1', main: 'http://192.0.2.1:9003', own: '192.0.2.1:9003' },
  ],
  [
    'no domain, an address set',
    { environment: toAll, publicHost: '203.0.113.9', ...visited },
    {
      shown: '203.0.113.9',
      main: 'http://203.0.113.9:9003',
      own: '203.0.113.9:9003',
      shared: '203.0.113.9:8080',
    },
  ],
  [
    'no domain behind the compose file',
    { environment: compose, ...visited },
    { shown: '198.51.100.7', main: 'http://198.51.100.7:80', shared: '198.51.100.7:80' },
  ],
  [
    'an address as DOMAIN',
    { environment: { ...toAll, ...address }, ...visited },
    {
      shown: '203.0.113.10',
      main: 'http://203.0.113.10:9003',
      own: '203.0.113.10:9003',
      shared: '203.0.113.10:8080',
    },
  ],
  [
    'an address as DOMAIN, a certificate of our own',
    { environment: { ...address, PUBLIC_WAYS: 'tls', TLS_CERT: '/c', TLS_KEY: '/k' }, tlsPort: 8443 },
    { shown: '203.0.113.10', main: 'https://203.0.113.10:8443', tls: '203.0.113.10:8443' },
  ],
  [
    'an IPv6 address as DOMAIN',
    { environment: { DOMAIN: '2001:db8::1', PUBLIC_WAYS: 'own' } },
    {
      shown: '[2001:db8::1]',
      main: 'http://[2001:db8::1]:9003',
      own: '[2001:db8::1]:9003',
    },
  ],
  [
    'an address as DOMAIN behind the compose file',
    { environment: { ...compose, ...address } },
    { shown: '203.0.113.10', main: 'http://203.0.113.10:80', shared: '203.0.113.10:80' },
  ],
  [
    'a domain',
    { environment: domain, ...visited },
    {
      shown: 'proxy3.example.com',
      main: 'http://proxy3.example.com:9003',
      own: 'proxy3.example.com:9003',
      shared: 'proxy3.example.com:8080',
    },
  ],
  [
    'a domain behind the compose file',
    { environment: { ...compose, ...domain }, ...visited },
    {
      shown: 'proxy3.example.com',
      main: 'http://proxy3.example.com:80',
      shared: 'proxy3.example.com:80',
      tls: 'proxy3.example.com:443',
    },
  ],
  [
    'a domain behind the compose file with its own ports opened',
    { environment: { ...compose, ...domain, PUBLIC_WAYS: 'own,shared:80,tls:443' } },
    {
      shown: 'proxy3.example.com',
      main: 'http://proxy3.example.com:9003',
      own: 'proxy3.example.com:9003',
      shared: 'proxy3.example.com:80',
      tls: 'proxy3.example.com:443',
    },
  ],
  [
    'a domain and an address set: TLS keeps the name',
    { environment: { ...compose, ...domain }, publicHost: '203.0.113.9' },
    {
      shown: '203.0.113.9',
      main: 'http://203.0.113.9:80',
      shared: '203.0.113.9:80',
      tls: 'proxy3.example.com:443',
    },
  ],
  [
    'a domain, TLS alone',
    { environment: { ...domain, PUBLIC_WAYS: 'tls:443' } },
    {
      shown: 'proxy3.example.com',
      main: 'https://proxy3.example.com:443',
      tls: 'proxy3.example.com:443',
    },
  ],
  [
    'a domain, the shared port alone',
    { environment: { ...domain, PUBLIC_WAYS: 'shared:80' } },
    {
      shown: 'proxy3.example.com',
      main: 'http://proxy3.example.com:80',
      shared: 'proxy3.example.com:80',
    },
  ],
]

describe('where clients reach an endpoint', () => {
  it.each(cases)('%s', (_, asked, told) => {
    const { shownHost, main, own, shared, tls } = reachOf(place, situationOf(asked))

    const ways = Object.entries({ own, shared, tls }).flatMap(([name, way]) => (way ? [[name, write(way)]] : []))
    const found = { shown: shownHost, main: `${main.scheme}://${write(main)}` }
    expect({ ...found, ...Object.fromEntries(ways) }).toEqual(told)
  })

  function write({ host, port }: HostPort): string {
    return `${host}:${port}`
  }
})

describe('what the dashboard is told of all endpoints', () => {
  const onlyTls = { ...domain, PUBLIC_WAYS: 'tls:8443' }

  it.each<[string, Asked, boolean[], string, string | null]>([
    ['nothing set', {}, [true, true, false], '127.0.0.1', null],
    ['a domain', { environment: domain, publicHost: '203.0.113.9' }, [true, true, false], 'proxyN.example.com', null],
    [
      'the compose file',
      { environment: { ...compose, ...domain } },
      [false, true, true],
      'proxyN.example.com',
      'https://proxyN.example.com/',
    ],
    [
      'the compose file, an address',
      { environment: { ...compose, ...address } },
      [false, true, false],
      '203.0.113.10',
      null,
    ],
    ['no domain, seen from elsewhere', { environment: toAll, ...visited }, [true, true, false], '198.51.100.7', null],
    [
      'the shared port alone',
      { environment: { ...domain, PUBLIC_WAYS: 'shared' } },
      [false, true, false],
      'proxyN.example.com',
      'http://proxyN.example.com:8080/',
    ],
    [
      'TLS alone',
      { environment: onlyTls },
      [false, false, true],
      'proxyN.example.com',
      'https://proxyN.example.com:8443/',
    ],
  ])('%s', (_, asked, [own, shared, tls], host, page) => {
    expect(describeReach(situationOf(asked))).toEqual({
      has_own_ports: own,
      has_shared_port: shared,
      has_tls_port: tls,
      default_public_host: host,
      page_url: page,
    })
  })
})
