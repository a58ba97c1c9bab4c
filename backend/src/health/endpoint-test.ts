import type { Connection, ProxyKey, TestReply } from '../contract/index.ts'
import { isWildcardAddress } from '../lib/ip.ts'
import { messageOf } from '../lib/problem.ts'
import { askThrough } from './ask-through.ts'
import { toProbeFailure } from './probe-failure.ts'
import type { ProbedUpstream } from './probed-upstream.ts'
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
  const proxy = { protocol: 'http' as const, host: isWildcardAddress(proxyHost) ? '127.0.0.1' : proxyHost }
  const question = { url, headers: { accept: 'text/plain, application/json' }, byTunnel: true, timeoutMs }
  return async (key: ProxyKey, { port, username, password }: Connection): Promise<TestReply> => {
    const endpoint: ProbedUpstream = { ...proxy, port, credentials: { username, password } }
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
      const { status, text } = await askThrough(endpoint, question)
      if (status >= 400) return fail(`${url} answered with status ${status}.`)
      const exitIp = findAddress(text)
      const location = exitIp !== null && exitIp === key.remote_ip ? key.location : null
      return { reachable: true, exit_ip: exitIp, location, duration_ms: took(), message: null }
    } catch (error) {
      // The proxy that was asked is the endpoint here.
      const reason = toProbeFailure(error)?.message.replace('the upstream', username) ?? messageOf(error)
      return fail(`The request failed: ${reason}.`)
    }
  }
}
