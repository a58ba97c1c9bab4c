import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

import type { Network } from './network.ts'

const maxBytes = 1024 ** 3

/** createOrigin is a small web site: `/` tells the caller's address, `/json` too, `/echo` the request, `/bytes/N` N bytes. */
export function createOrigin(network: Network): Server {
  return createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const caller = network.exitOf(request.socket)
    const [, page = '', argument = ''] = (request.url ?? '/').split('?')[0]?.split('/') ?? []
    switch (page) {
      case '':
      case 'ip':
        return void response.setHeader('content-type', 'text/plain').end(`${caller}\n`)
      case 'json':
        return sendJson(response, { ip: caller })
      case 'echo':
        // A request that is broken off gets no answer.
        return void echo(request, response, caller).catch(() => response.destroy())
      case 'bytes':
        return void response.end(Buffer.alloc(Math.min(maxBytes, Number(argument) || 0), 'x'))
      default:
        return void response.writeHead(404).end('not found\n')
    }
  })
}

async function echo(request: IncomingMessage, response: ServerResponse, caller: string): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array))
  const { method, url, headers } = request
  sendJson(response, { ip: caller, method, url, headers, body: Buffer.concat(chunks).toString('utf8') })
}

function sendJson(response: ServerResponse, body: unknown): void {
  response.setHeader('content-type', 'application/json').end(`${JSON.stringify(body)}\n`)
}
