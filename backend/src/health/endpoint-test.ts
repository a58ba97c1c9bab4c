import { ProxyAgent } from 'undici'

import type { Connection, ProxyKey, TestReply } from '../contract/index.ts'
import { formatHost, isWildcardAddress } from '../lib/ip.ts'
import { messageOf } from '../lib/problem.ts'
import { findAddress } from './probe.ts'

interface EndpointTestParts {
  /** Where the listeners are. */
  proxyHost: string
  /** What is asked for, an http or https URL that answers with the address it sees. */
  url: string
  timeoutMs: number
}

/**
 * createEndpointTest makes one request through an endpoint as a client would: its port, user name and token, a tunnel, the
 * upstream. It never throws.
 */
export function createEndpointTest({ proxyHost, url, timeoutMs }: EndpointTestParts) {
  const host = isWildcardAddress(proxyHost) ? '127.0.0.1' : formatHost(proxyHost)
  return async (key: ProxyKey, { port, username, password }: Connection): Promise<TestReply> => {
    const token = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    const agent = new ProxyAgent({ uri: `http://${host}:${port}`, token })
    const startedAt = performance.now()
    const took = () => Math.round(performance.now() - startedAt)
    const fail = (message: string) => ({
      reachable: false,
      exit_ip: null,
      location: null,
      duration_ms: took(),
      message,
    })
    try {
      const { origin, pathname, search } = new URL(url)
      const { statusCode, body } = await agent.request({
        origin,
        path: `${pathname}${search}`,
        method: 'GET',
        signal: AbortSignal.timeout(timeoutMs),
        headers: { accept: 'text/plain, application/json' },
      })
      const text = await body.text()
      if (statusCode >= 400) return fail(`${url} answered with status ${statusCode}.`)
      const exitIp = findAddress(text)
      const location = exitIp !== null && exitIp === key.remote_ip ? key.location : null
      return { reachable: true, exit_ip: exitIp, location, duration_ms: took(), message: null }
    } catch (error) {
      const isTimeout = error instanceof Error && error.name === 'TimeoutError'
      return fail(isTimeout ? `There was no answer within ${timeoutMs / 1000} s.` : messageOf(error))
    } finally {
      await agent.destroy()
    }
  }
}
