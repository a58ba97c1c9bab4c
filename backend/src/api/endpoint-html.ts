import { html } from 'hono/html'

import { pageStyle } from './pages.ts'

/** EndpointFacts are what a stranger may know of an endpoint. */
export interface EndpointFacts {
  /** Of its key. */
  id: number
  name: string
  /** Its name on the network, or its name here and its address. */
  title: string
  /** `host:port` of its own port, of the shared port, and over TLS; null where clients do not reach it so. */
  own: string | null
  shared: string | null
  tls: string | null
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
  { name, title, own, shared, tls, isAllowed }: EndpointFacts,
  address: string,
  message: string | null,
) {
  const clear = own ?? shared
  const main = clear === null ? `https://${name}:TOKEN@${tls}` : `http://${name}:TOKEN@${clear}`
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title}</title>
        <style>
          ${pageStyle}
        </style>
      </head>
      <body>
        <h1>${title}</h1>
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
            Automatic configuration with <a href="/proxy.pac">this PAC file</a>${
              clear === null ? '' : html`, or HTTP proxy <code>${clear}</code>`
            }.
          </dd>
          <dt>curl</dt>
          <dd><code>curl -x ${main} https://example.com/</code></dd>
          <dt>Python</dt>
          <dd>
            <code>requests.get(url, proxies={"https": "${main}", "http": "${main}"})</code>
          </dd>
          <dt>Node</dt>
          <dd><code>new ProxyAgent("${main}")</code> of undici</dd>
          ${renderOtherWays({ name, own, shared, tls })}
        </dl>
      </body>
    </html>`
}

function renderOtherWays({ name, own, shared, tls }: Pick<EndpointFacts, 'name' | 'own' | 'shared' | 'tls'>) {
  const clear = own ?? shared
  // Over TLS alone there is no other.
  if (clear === null) return ''
  return html`<dt>Other ways in</dt>
    <dd>
      ${
        shared === null
          ? ''
          : html`Shared port: <code>http://${name}:TOKEN@${shared}</code>, where the user name tells the endpoint.`
      }
      ${tls === null ? '' : `Over TLS: https://${name}:TOKEN@${tls}.`} SOCKS5:
      <code>socks5h://${name}:TOKEN@${clear}</code>.
    </dd>`
}
