import type { Context } from 'hono'
import { html } from 'hono/html'

import type { ApiEnv } from './env.ts'
import { renderPac } from './pac.ts'
import { pageStyle } from './pages.ts'

/** EndpointFacts are what a stranger may know of an endpoint. */
export interface EndpointFacts {
  name: string
  /** Its name on the network. */
  host: string
  /** Its own port. */
  port: number
  /** Port of the shared gateway as the public sees it. */
  sharedPort: number
  /** Port of the shared gateway over TLS as the public sees it; null without one. */
  tlsPort: number | null
  /** Whether this address needs no credentials. */
  isAllowed: (address: string) => boolean
}

/** Endpoints are the pages of the endpoints. */
export interface Endpoints {
  has(name: string): boolean
  answer(c: Context<ApiEnv>, name: string): Response | Promise<Response>
}

interface EndpointsParts {
  find: (name: string) => EndpointFacts | null
  clientAddress: (c: Context<ApiEnv>) => string
}

const pacType = 'application/x-ns-proxy-autoconfig'
const pageHeaders = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
}

/** createEndpoints makes the page and the PAC file of each endpoint. They show no secret, exit IP or provider key. */
export function createEndpoints({ find, clientAddress }: EndpointsParts): Endpoints {
  return {
    has: (name) => find(name) !== null,
    answer(c, name) {
      const endpoint = find(name)
      if (endpoint === null) return c.text('Nothing is found here.\n', 404)
      switch (c.req.path) {
        case '/':
          return c.html(renderPage(endpoint, clientAddress(c)), 200, pageHeaders)
        case '/proxy.pac':
        case '/wpad.dat':
          return c.body(pacOf(endpoint), 200, { 'Content-Type': pacType, 'Cache-Control': 'max-age=300' })
        default:
          return c.text('Nothing is found here. The page of this endpoint is /, its PAC file /proxy.pac.\n', 404)
      }
    },
  }
}

function pacOf({ host, sharedPort, tlsPort }: EndpointFacts): string {
  return renderPac({ tls: tlsPort === null ? null : `${host}:${tlsPort}`, clear: `${host}:${sharedPort}` })
}

function renderPage({ name, host, port, sharedPort, tlsPort, isAllowed }: EndpointFacts, address: string) {
  const own = `${host}:${port}`
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${host}</title>
        <style>
          ${pageStyle}
        </style>
      </head>
      <body>
        <h1>${host}</h1>
        <p>This is a proxy endpoint, served by Stillpoint. Its address stays the same; the exit behind it changes.</p>
        <p>
          ${
            isAllowed(address)
              ? `Your address, ${address}, may use it without a password.`
              : `Your address, ${address}, is not allowed by itself: use the user name ${name} and the access token.`
          }
        </p>
        <dl>
          <dt>In a browser</dt>
          <dd>
            Automatic configuration with <a href="/proxy.pac">this PAC file</a>, or HTTP proxy <code>${own}</code>.
          </dd>
          <dt>curl</dt>
          <dd><code>curl -x http://${name}:TOKEN@${own} https://example.com/</code></dd>
          <dt>Python</dt>
          <dd>
            <code
              >requests.get(url, proxies={"https": "http://${name}:TOKEN@${own}", "http":
              "http://${name}:TOKEN@${own}"})</code
            >
          </dd>
          <dt>Node</dt>
          <dd><code>new ProxyAgent("http://${name}:TOKEN@${own}")</code> of undici</dd>
          <dt>Other ways in</dt>
          <dd>
            Shared port: <code>http://${name}:TOKEN@${host}:${sharedPort}</code>, where the user name tells the
            endpoint. ${tlsPort === null ? '' : `Over TLS: https://${name}:TOKEN@${host}:${tlsPort}.`} SOCKS5:
            <code>socks5h://${name}:TOKEN@${own}</code>.
          </dd>
        </dl>
      </body>
    </html>`
}
