import type { Context } from 'hono'

import type { Addresses } from '../endpoints/allowed-addresses.ts'
import type { Clock } from '../lib/clock.ts'
import type { Bus } from '../happenings/bus.ts'
import { hostNameOf } from '../lib/host-name.ts'
import type { Log } from '../lib/log.ts'
import { SlowDown } from '../lib/slow-down.ts'
import { pageHeaders, renderPage, type EndpointFacts } from './endpoint-html.ts'
import type { ApiEnv } from './env.ts'
import { createOwnAddress } from './own-address.ts'
import { renderPac } from './pac.ts'
import type { SiteRefusals } from './site-refusals.ts'
import { isTooLarge } from './small-body.ts'
import { WrongTokens } from './wrong-tokens.ts'

/** Endpoints are the pages of the endpoints. */
export interface Endpoints {
  has(name: string, host: string): boolean
  answer(c: Context<ApiEnv>, name: string): Response | Promise<Response>
  /** Ends what waits, and writes down what was not yet. */
  stop(): void
}

interface EndpointsParts {
  /** `host` is the one that the visitor asked for. */
  find: (name: string, host: string) => EndpointFacts | null
  clientAddress: (c: Context<ApiEnv>) => string
  addresses: Pick<Addresses, 'allowWithToken'>
  bus: Pick<Bus, 'tell'>
  clock: Clock
  log: Log
  refusals: SiteRefusals
}

const pacType = 'application/x-ns-proxy-autoconfig'

/** createEndpoints makes the page and the PAC file of each endpoint. They show no secret, exit IP or provider key. */
export function createEndpoints(parts: EndpointsParts): Endpoints {
  const { find, clientAddress, bus, clock, refusals } = parts
  const slowDown = new SlowDown(clock)
  const wrongTokens = new WrongTokens({ bus, clock })
  const allowOwnAddress = createOwnAddress({ ...parts, slowDown, wrongTokens })
  return {
    has: (name, host) => find(name, host) !== null,
    answer(c, name) {
      const host = hostNameOf(c.req.header('host') ?? '')
      const endpoint = find(name, host)
      if (endpoint === null) return c.text('Nothing is found here.\n', 404)
      if (isTooLarge(c.req.header('content-length'))) {
        refusals.count('body_too_large')
        return c.text('This is more than is taken here.\n', 413)
      }
      switch (c.req.path) {
        case '/':
          return c.html(renderPage(endpoint, clientAddress(c), null), 200, pageHeaders)
        case '/proxy.pac':
        case '/wpad.dat':
          return c.body(pacOf(endpoint), 200, { 'Content-Type': pacType, 'Cache-Control': 'max-age=300' })
        case '/address':
          return allowOwnAddress(c, () => find(name, host) ?? endpoint)
        default:
          return c.text('Nothing is found here. The page of this endpoint is /, its PAC file /proxy.pac.\n', 404)
      }
    },
    stop() {
      slowDown.stop()
      wrongTokens.stop()
    },
  }
}

function pacOf({ own, shared, tls }: EndpointFacts): string {
  return renderPac({ tls, clear: shared ?? own })
}
