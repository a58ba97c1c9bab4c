import { expect, it } from 'vitest'

import { RawClient } from './support/data-plane.ts'
import { World } from './support/world.ts'

const domain = 'proxy.test'

it('shows on an endpoint’s own port that endpoint alone, also under a bare address', async () => {
  const world = await World.create({ environment: { DOMAIN: domain } })
  await world.addKey('a')
  const { port } = await world.connection(1)
  const ask = async (host: string, path: string) => {
    const client = new RawClient(port).send(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    const answer = await client.until('\r\n\r\n')
    client.socket.destroy()
    return answer
  }

  for (const host of ['127.0.0.1', 'localhost', `proxy1.${domain}`, `app.${domain}`]) {
    expect(await ask(`${host}:${port}`, '/')).toContain('HTTP/1.1 200')
    expect(await ask(`${host}:${port}`, '/proxy.pac')).toContain('application/x-ns-proxy-autoconfig')
    expect(await ask(`${host}:${port}`, '/api/auth/me')).toMatch(/^HTTP\/1.1 404 /)
  }
  await world.stop()
})
