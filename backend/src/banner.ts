import type { App } from './app/app.ts'
import type { Config } from './config.ts'
import { subdomainOf } from './contract/index.ts'
import { isPublicDomain } from './lib/host-name.ts'
import { formatHost, isWildcardAddress } from './lib/ip.ts'
import { version } from './version.ts'

interface BannerParts {
  app: App
  config: Config
  /** Where the demo's clients can go; null without demo. */
  demoOrigin: string | null
}

/** renderBanner is what a person sees after the start: where things are, and lines to paste. It may hold secrets: never log it. */
export function renderBanner({ app, config, demoOrigin }: BannerParts): string {
  const host = isWildcardAddress(config.HOST) ? '127.0.0.1' : formatHost(config.HOST)
  const apiUrl = `http://${host}:${app.port}`
  const dashboardUrl = config.PUBLIC_HTTPS && isPublicDomain(config.DOMAIN) ? `https://app.${config.DOMAIN}` : apiUrl
  const mode = demoOrigin === null ? '' : ' - demo: KiotProxy and its exits are simulated, on this machine alone'
  return [
    '',
    `Stillpoint ${version}${mode}`,
    '',
    `  Dashboard ${dashboardUrl}   (API described at ${dashboardUrl}/docs)`,
    ...gatewayLines(app.published),
    `  Admin     ${app.adminName}`,
    `  Password  ${app.generatedPassword ?? 'as set before; npm start -- --reset-password makes a new one'}`,
    ...(demoOrigin === null ? keyLines(app, dashboardUrl) : demoLines(app, apiUrl, demoOrigin)),
    '',
  ].join('\n')
}

function gatewayLines({ sharedPort, tlsPort }: App['published']): string[] {
  return [
    ...(sharedPort === null
      ? []
      : [`  Gateway   port ${sharedPort}: all endpoints on one port, told apart by user name`]),
    ...(tlsPort === null ? [] : [`  TLS       port ${tlsPort}: all endpoints, told apart by the name asked for`]),
  ]
}

function keyLines(app: App, dashboardUrl: string): string[] {
  const count = app.keys.list().length
  return [
    '',
    count === 0 ? `  No key yet: open ${dashboardUrl} and add one.` : `  ${count} ${count === 1 ? 'key' : 'keys'}.`,
  ]
}

function demoLines(app: App, apiUrl: string, origin: string): string[] {
  const proxies = app.keys.list().toSorted((a, b) => a.endpoint.port - b.endpoint.port)
  const password = app.generatedPassword ?? 'YOUR PASSWORD'
  const credentials = JSON.stringify({ username: app.adminName, password })
  const [first] = proxies
  return [
    '',
    '  Each line asks a small site for the address that it sees:',
    ...proxies.map(({ endpoint }) => `    curl -x ${app.views.connection(endpoint).http_url} ${origin}`),
    '',
    `  Change the exit IP of ${first ? subdomainOf(first.endpoint) : 'proxy1'}, then try its line again:`,
    `    S=$(curl -s ${apiUrl}/api/auth/login -H 'content-type: application/json' -d '${credentials}' | cut -d'"' -f4)`,
    `    curl -X POST ${apiUrl}/api/proxies/${first?.key.id ?? 1}/rotate -H "Authorization: Bearer $S"`,
    '',
    '  For your own keys: cp .env.example .env, then npm start. Ctrl-C ends this.',
  ]
}
