import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, it } from 'vitest'
import { parse } from 'yaml'

import schema from './fixtures/compose-spec.json' with { type: 'json' }
import { parseConfig } from '../src/config.ts'
import { createNetworkMatcher } from '../src/lib/ip.ts'
import { repositoryRoot } from './support/process.ts'

interface Service {
  image: string
  build?: { context: string; dockerfile: string }
  environment?: Record<string, string>
  volumes: string[]
  ports?: string[]
  networks: string[] | { edge: { ipv4_address: string } }
}

const read = (path: string) => readFileSync(join(repositoryRoot, path), 'utf8')
const compose = parse(read('docker-compose.yml')) as {
  services: { backend: Service; traefik: Service }
  volumes: Record<string, null>
  networks: { edge: { ipam: { config: { subnet: string }[] } } }
}
const { backend, traefik } = compose.services

// The schema is https://github.com/compose-spec/compose-go, schema/compose-spec.json (Apache-2.0).
it('is a compose file by the published schema', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })

  expect(ajv.validate(schema, compose), JSON.stringify(ajv.errors)).toBe(true)
})

it('agrees with itself, with traefik.yml and with the Dockerfile', () => {
  const environment = backend.environment ?? {}
  const mounted = ({ volumes }: Service) => volumes.map((volume) => volume.split(':')[1])
  const shipped = parse(read('traefik/traefik.yml')) as {
    entryPoints: Record<string, { address: string }>
    providers: { file: { directory: string } }
    certificatesResolvers: { letsencrypt: { acme: { storage: string } } }
  }

  expect(existsSync(join(repositoryRoot, backend.build?.dockerfile ?? ''))).toBe(true)
  expect(mounted(backend)).toEqual([environment['DATA_DIR'], environment['TRAEFIK_DYNAMIC_DIR']])
  expect(read('backend/Dockerfile')).toContain('mkdir -p data traefik/dynamic')
  expect(mounted(traefik)).toEqual(['/etc/traefik/traefik.yml', shipped.providers.file.directory, '/acme'])
  expect(existsSync(join(repositoryRoot, traefik.volumes[0]?.split(':')[0] ?? ''))).toBe(true)
  expect(shipped.certificatesResolvers.letsencrypt.acme.storage).toMatch(/^\/acme\//)
  expect(Object.values(shipped.entryPoints).map(({ address }) => address)).toEqual([':80', ':443'])
  expect(traefik.ports).toEqual(['80:80', '443:443'])
  const ways = (environment['PUBLIC_WAYS'] ?? '').replace(/^\$\{\w+:-(.*)\}$/, '$1')
  const told = parseConfig({ PUBLIC_WAYS: ways }).PUBLIC_WAYS?.map(({ port }) => `${port}:${port}`)
  expect(told).toEqual(traefik.ports)
  expect(traefik.networks).toEqual({ edge: { ipv4_address: environment['TRUSTED_PROXIES'] } })
  const subnet = compose.networks.edge.ipam.config[0]?.subnet ?? ''
  expect(createNetworkMatcher([subnet])(environment['TRUSTED_PROXIES'] ?? '')).toBe(true)
  // Docker takes the first address of the network for itself: forged headers would come from there.
  expect(environment['TRUSTED_PROXIES']).not.toBe(subnet.replace(/0\/24$/, '1'))
  expect(environment['TRAEFIK_BACKEND_HOST']).toBe('backend')
  expect(traefik.image.replace('traefik:v', '')).toBe(
    /version = '([\d.]+)'/.exec(read('backend/scripts/traefik.mjs'))?.[1],
  )
})
