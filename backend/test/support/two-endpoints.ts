import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Route } from '../../src/plane/table.ts'
import { createTestCertificate, type TestCertificate } from './certificates.ts'
import { freePort, startPlane, startRaw, upstreamAt, usualRoute, type Plane, type PlaneOptions } from './data-plane.ts'

/** Addresses that are allowed for one endpoint, the other, and none; each use takes another one. */
const networks = { proxy1: 1, proxy2: 2, nobody: 3 } as const
let addresses = 0
let certificate: Promise<TestCertificate> | undefined

export function addressFor(whom: keyof typeof networks): string {
  addresses += 1
  return `127.${networks[whom]}.${addresses >> 8}.${addresses & 255}`
}

/** TwoEndpoints is a plane with two endpoints on all ways in; its exits tell which one they are: `exit1`, `exit2`. */
export interface TwoEndpoints {
  readonly plane: Plane
  readonly routes: readonly Route[]
  /** The own port of the first, the shared one, and that over TLS. */
  readonly ports: { readonly own: number; readonly shared: number; readonly tls: number }
  stop(): Promise<void>
}

/** The endpoints are proxy1 and proxy2, under `proxy.test`; the token of both is `token`. */
export async function startTwoEndpoints(options: PlaneOptions = {}): Promise<TwoEndpoints> {
  const exits = [await startExit('exit1'), await startExit('exit2')]
  const plane = await startPlane(null, options)
  const routes: Route[] = []
  for (const [index, { port }] of exits.entries()) {
    const route = usualRoute(index + 1)
    const access = { ...route.access, networks: [`127.${index + 1}.0.0/16`] }
    routes.push({ ...route, port: index === 0 ? plane.port : await freePort(), access, upstream: upstreamAt(port) })
  }
  plane.mirror.apply(routes)
  await plane.mirror.settled()
  const folder = mkdtempSync(join(tmpdir(), 'stillpoint-two-'))
  certificate ??= createTestCertificate('*.proxy.test')
  const made = await certificate
  for (const name of ['cert', 'key'] as const) writeFileSync(join(folder, name), made[name])
  const { gateway } = plane.plane
  const files = { certPath: join(folder, 'cert'), keyPath: join(folder, 'key') }
  return {
    plane,
    routes,
    ports: {
      own: plane.port,
      shared: await gateway.listen('127.0.0.1', 0),
      tls: await gateway.listenTls('127.0.0.1', 0, files),
    },
    async stop() {
      await plane.stop()
      for (const exit of exits) await exit.stop()
      rmSync(folder, { recursive: true })
    },
  }
}

function startExit(name: string) {
  return startRaw((socket) =>
    socket.on('data', (chunk: Buffer) => {
      const isTunnel = chunk.toString('latin1').startsWith('CONNECT')
      socket.write(`HTTP/1.1 200 OK\r\n${isTunnel ? '' : `Content-Length: ${name.length}\r\n`}\r\n${name}`)
    }),
  )
}
