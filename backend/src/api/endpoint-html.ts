import { html } from 'hono/html'

import { pageStyle } from './pages.ts'

/** EndpointFacts are what a stranger may know of an endpoint. */
export interface EndpointFacts {
  /** Of its key. */
  id: number
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

/** pageHeaders belong to it. A browser tells no origin of a form on a page without referrers: hence `same-origin`. */
export const pageHeaders = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'Cache-Control': 'no-store',
}

/** renderPage is the page of an endpoint, for whoever comes from this address; `message` tells what came of his form. */
export function renderPage(
  { name, host, port, sharedPort, tlsPort, isAllowed }: EndpointFacts,
  address: string,
  message: string | null,
) {
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
        ${message === null ? '' : html`<p role="status"><strong>${message}</strong></p>`}
        <form method="post" action="/address">
          <label>Access token <input name="token" type="password" required autocomplete="off" /></label>
          <label>
            for
            <select name="for">
              <option value="1h">1 hour</option>
              <option value="24h" selected>24 hours</option>
              <option value="7d">7 days</option>
            </select>
          </label>
          <button>Allow ${address}</button>
        </form>
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
