import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { renderDynamicConfig, type TraefikParts } from './dynamic-config.ts'

const parts: TraefikParts = {
  domain: 'example.com',
  backendHost: 'backend',
  apiPort: 8000,
  gatewayPort: 8080,
  isBelieved: true,
  certResolver: 'letsencrypt',
  certificate: null,
}
const endpoints = [
  { name: 'proxy10', port: 9010 },
  { name: 'proxy2', port: 9002 },
]

describe("Traefik's dynamic configuration", () => {
  it.each<[string, Partial<TraefikParts>, typeof endpoints]>([
    ['two-endpoints', {}, endpoints],
    ['no-endpoint', {}, []],
    [
      'own-certificate',
      {
        backendHost: '::1',
        isBelieved: false,
        certResolver: null,
        certificate: { certFile: '/certs/all.pem', keyFile: '/certs/all.key' },
      },
      endpoints.slice(1),
    ],
    ['no-gateway', { gatewayPort: null }, []],
    ['bare-address', { domain: '203.0.113.10' }, endpoints],
  ])('is as in testdata/%s.yml', (name, change, given) => {
    const golden = readFileSync(new URL(`testdata/${name}.yml`, import.meta.url), 'utf8')

    expect(renderDynamicConfig({ ...parts, ...change }, given)).toBe(golden)
  })

  it('is refused where a path would be a template', () => {
    const certificate = { certFile: '/{{ env "HOME" }}', keyFile: '/k' }

    expect(() => renderDynamicConfig({ ...parts, certificate }, endpoints)).toThrow(/template/)
  })
})
