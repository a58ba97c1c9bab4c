import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

const leaseMs = 3_600_000

/** Provider lends the product one upstream for as long as a run may take, and is the page that its health checks ask for. */
export class Provider {
  readonly #server: Server

  constructor(upstreamPort: number) {
    this.#server = createServer((_, response) => {
      const now = Date.now()
      const data = {
        http: `127.0.0.1:${upstreamPort}`,
        realIpAddress: '127.0.0.1',
        expirationAt: now + leaseMs,
        nextRequestAt: now,
        ttl: leaseMs / 1000,
        ttc: 0,
      }
      response.end(JSON.stringify({ data, success: true, code: 200, status: 'SUCCESS', timestamp: now }))
    })
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
