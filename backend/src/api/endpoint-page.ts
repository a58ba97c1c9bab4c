import type { Context } from 'hono'
import { html } from 'hono/html'

import type { ApiEnv } from './env.ts'
import { addressDuration, type AllowAddressReply } from '../contract/index.ts'
import type { Addresses } from '../keys/addresses.ts'
import { Problem } from '../lib/problem.ts'
import { describeTime } from '../lib/time-text.ts'
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
  addresses: Pick<Addresses, 'allowWithToken'>
}

const noStore = { 'Cache-Control': 'no-store' }
const pacType = 'application/x-ns-proxy-autoconfig'
const pageHeaders = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
}

/** createEndpoints makes the page and the PAC file of each endpoint. They show no secret, exit IP or provider key. */
export function createEndpoints({ find, clientAddress, addresses }: EndpointsParts): Endpoints {
  return {
    has: (name) => find(name) !== null,
    answer(c, name) {
      const endpoint = find(name)
      if (endpoint === null) return c.text('Nothing is found here.\n', 404)
      switch (c.req.path) {
        case '/':
          return c.html(renderPage(endpoint, clientAddress(c), null), 200, pageHeaders)
        case '/proxy.pac':
        case '/wpad.dat':
          return c.body(pacOf(endpoint), 200, { 'Content-Type': pacType, 'Cache-Control': 'max-age=300' })
        case '/address':
          return allowOwnAddress(c, () => find(name) ?? endpoint, { addresses, address: clientAddress(c) })
        default:
          return c.text('Nothing is found here. The page of this endpoint is /, its PAC file /proxy.pac.\n', 404)
      }
    },
  }
}

function pacOf({ host, sharedPort, tlsPort }: EndpointFacts): string {
  return renderPac({ tls: tlsPort === null ? null : `${host}:${tlsPort}`, clear: `${host}:${sharedPort}` })
}

/**
 * Lets the address that a request comes from in, for whoever has the token: as Bearer or Basic credentials, or from the form of
 * the page. A router whose address changes can do it from a timer.
 */
async function allowOwnAddress(
  c: Context<ApiEnv>,
  present: () => EndpointFacts,
  { addresses, address }: { addresses: Pick<Addresses, 'allowWithToken'>; address: string },
): Promise<Response> {
  if (c.req.method !== 'POST') return c.text('This takes POST.\n', 405, { Allow: 'POST' })
  const isForm = (c.req.header('content-type') ?? '').startsWith('application/x-www-form-urlencoded')
  const given: Record<string, unknown> = isForm ? await c.req.parseBody() : { for: c.req.query('for') }
  const fromForm = typeof given['token'] === 'string' ? given['token'].trim() : ''
  const token = isForm ? fromForm : tokenOf(c.req.header('authorization') ?? '')
  const duration = addressDuration.safeParse(given['for'] ?? '24h')
  const answer = (status: 200 | 400 | 401 | 500, message: string, reply: object) =>
    isForm ? c.html(renderPage(present(), address, message), status, pageHeaders) : c.json(reply, status, noStore)
  const refuse = (status: 400 | 401 | 500, message: string) => answer(status, message, { error: message })
  if (!duration.success) return refuse(400, `for must be one of ${addressDuration.options.join(', ')}.`)
  try {
    const allowed = await addresses.allowWithToken(present().name, token, address, duration.data)
    return answer(200, describeAllowed(allowed), allowed)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return refuse(error.code === 'wrong_credentials' ? 401 : 500, error.message)
  }
}

function describeAllowed({ address, endpoint, until, also_allowed_for }: AllowAddressReply): string {
  const others = also_allowed_for.join(', ')
  const warning =
    others === ''
      ? ''
      : ` It may also use ${others}, so on the shared port it still has to give a user name; on the own port of ${endpoint} it has not.`
  return `${address} may use ${endpoint} without a password ${until === null ? 'from now on' : `until ${describeTime(until)}`}.${warning}`
}

/** The token of Bearer credentials, or the password of Basic ones. */
function tokenOf(authorization: string): string {
  const [scheme = '', value = ''] = authorization.split(' ')
  if (scheme.toLowerCase() === 'bearer') return value
  if (scheme.toLowerCase() !== 'basic') return ''
  const text = Buffer.from(value, 'base64').toString('utf8')
  return text.slice(text.indexOf(':') + 1)
}

function renderPage(
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
              <option value="forever">until it is removed</option>
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
