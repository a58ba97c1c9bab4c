import type { Server } from 'node:http'

import { createAdaptorServer } from '@hono/node-server'

import { StartError, systemCodeOf } from '../lib/problem.ts'
import type { Router } from './router.ts'

/** HttpServer serves the API on one address. */
export interface HttpServer {
  port: number
  stop(): Promise<void>
}

/** listenHttp throws a StartError where the port can't be had. */
export async function listenHttp(api: Router, host: string, port: number): Promise<HttpServer> {
  const server = createAdaptorServer({ fetch: api.fetch }) as Server
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explain(error, host, port)))
    server.listen(port, host, resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function explain(error: Error, host: string, port: number): StartError {
  const code = systemCodeOf(error)
  if (code === 'EADDRINUSE') {
    return new StartError(`PORT=${port} is in use by another program. Set PORT to a free one, for example ${port + 1}.`)
  }
  if (code === 'EACCES')
    return new StartError(`PORT=${port} needs more rights than this user has. Set PORT above 1023.`)
  if (code === 'EADDRNOTAVAIL') return new StartError(`HOST=${host} is no address of this machine.`)
  return new StartError(`The API can't listen on ${host}:${port}: ${error.message}`)
}
