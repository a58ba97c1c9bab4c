import type { IncomingMessage, ServerResponse } from 'node:http'

import type { Leases, SimulatedKey } from './leases.ts'

/**
 * ApiFault is a bad day of the provider. `lost` does the work and then cuts the connection before answering; `stale` answers
 * `/new` during the cooldown with the old upstream, as a success.
 */
export type ApiFault =
  | 'reset'
  | 'hang'
  | 'lost'
  | 'html'
  | 'empty'
  | 'null_host'
  | 'port_zero'
  | 'server_error'
  | 'rate_limited'
  | 'out_of_stock'
  | 'stale'

export type Verb = 'new' | 'current' | 'out'

/** Call is one request that the provider got. */
export interface Call {
  verb: Verb
  key: string
  region: string | null
}

interface ProviderApiParts {
  leases: Leases
  now: () => number
  findFault: (call: Call) => ApiFault | null
  onCall: (call: Call) => void
}

interface Reply {
  status: number
  body: Record<string, unknown>
}

/** createProviderApi answers like https://api.kiotproxy.com/api/v1. */
export function createProviderApi(parts: ProviderApiParts) {
  const { leases, now, findFault, onCall } = parts

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = readCall(request.url ?? '')
    if (!call) return void response.writeHead(404).end()
    onCall(call)
    const fault = findFault(call)
    if (fault !== null && breakAnswer(fault, request, response)) return
    const reply = await answer(call, fault)
    if (fault === 'lost') return void request.socket.destroy()
    response.writeHead(reply.status, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ ...reply.body, timestamp: now() }))
  }

  async function answer(call: Call, fault: ApiFault | null): Promise<Reply> {
    const key = leases.find(call.key)
    if (!key || key.state === 'unknown') return fail(404, 40400006, 'KEY_NOT_FOUND', 'Key not found')
    if (key.state === 'expired') {
      return fail(400, 40001037, 'KEY_EXPIRED', 'Key proxy đã hết hạn, vui lòng gia hạn để tiếp tục sử dụng')
    }
    if (fault === 'out_of_stock') {
      const symbol = 'SYSTEM_IS_HAVING_TROUBLE_ALLOCATING_RESOURCES'
      return fail(400, 40001178, symbol, 'Hệ thống đang gặp sự cố cấp phát tài nguyên')
    }
    if (call.verb === 'new') return await renew(key, call, fault)
    if (call.verb === 'out') {
      leases.end(key)
      return succeed(true)
    }
    return describeLease(key)
  }

  async function renew(key: SimulatedKey, call: Call, fault: ApiFault | null): Promise<Reply> {
    const waitMs = key.nextRequestAt - now()
    if (waitMs > 0 && fault === 'stale') return describeLease(key)
    if (waitMs > 0) {
      return fail(400, 40001038, 'TIME_TO_CHANGE_INVALID', `Gửi lại sau ${Math.ceil(waitMs / 1000)} giây`)
    }
    await leases.renew(key, call.region ?? 'random')
    return describeLease(key, fault)
  }

  function describeLease(key: SimulatedKey, fault: ApiFault | null = null): Reply {
    const lease = leases.living(key)
    if (!lease) {
      return fail(400, 40001050, 'PROXY_NOT_FOUND_BY_KEY', `Could not find the proxy being used by key ${key.key}`)
    }
    const { exit } = lease
    return succeed({
      id: lease.id,
      realIpAddress: exit.address,
      http: fault === 'null_host' ? `null:${exit.httpPort}` : fault === 'port_zero' ? `${exit.bound}:0` : exit.http,
      socks5: exit.socks5,
      httpPort: exit.httpPort,
      socks5Port: exit.socks5Port,
      host: exit.bound,
      location: lease.location,
      nextRequestAt: key.nextRequestAt,
      expirationAt: lease.expiresAt,
      ttl: key.ttlSeconds,
      ttc: Math.max(0, Math.ceil((key.nextRequestAt - now()) / 1000)),
    })
  }
}

function readCall(url: string): Call | null {
  const { pathname, searchParams } = new URL(url, 'http://simulator')
  const verb = /\/proxies\/(new|current|out)$/.exec(pathname)?.[1]
  if (verb !== 'new' && verb !== 'current' && verb !== 'out') return null
  return { verb, key: searchParams.get('key') ?? '', region: searchParams.get('region') }
}

/** True when the fault has taken care of the answer. */
function breakAnswer(fault: ApiFault, request: IncomingMessage, response: ServerResponse): boolean {
  switch (fault) {
    case 'reset':
      request.socket.destroy()
      return true
    case 'hang':
      return true
    case 'html':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Checking your browser</body></html>')
      return true
    case 'empty':
      response.writeHead(200).end()
      return true
    case 'server_error':
      response.writeHead(500, { 'content-type': 'text/html' }).end('<h1>500</h1>')
      return true
    case 'rate_limited':
      response.writeHead(429, { 'retry-after': '20' }).end('Too Many Requests')
      return true
    default:
      return false
  }
}

function succeed(data: unknown): Reply {
  return { status: 200, body: { data, success: true, code: 200, status: 'SUCCESS' } }
}

function fail(status: number, code: number, error: string, message: string): Reply {
  return { status, body: { success: false, code, message, status: 'FAIL', error } }
}
