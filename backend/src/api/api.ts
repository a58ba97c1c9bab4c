import { randomUUID } from 'node:crypto'

import { compress } from 'hono/compress'
import { bodyLimit } from 'hono/body-limit'
import { secureHeaders } from 'hono/secure-headers'

import type { Accounts } from '../auth/accounts.ts'
import type { Principals } from '../auth/principal.ts'
import type { Sessions } from '../auth/sessions.ts'
import type { History } from '../history/history.ts'
import type { Log } from '../lib/log.ts'
import { Problem } from '../lib/problem.ts'
import { createAccessRoutes, type AccessRoutesParts } from './access-routes.ts'
import { createAuthRoutes, createLoginRoute } from './auth-routes.ts'
import { keepNames } from './allowed-methods.ts'
import { authenticate } from './authenticate.ts'
import { createClientAddress, createClientScheme } from './client-address.ts'
import { createDashboard, readPage } from './dashboard.ts'
import { createEndpointRoutes, type EndpointRoutesParts } from './endpoint-routes.ts'
import { createEventRoutes } from './event-routes.ts'
import { createExportRoutes, type ExportRoutesParts } from './export-routes.ts'
import type { LiveEvents } from './live-events.ts'
import { createLogRoutes } from './log-routes.ts'
import { createObservationRoutes, type ObservationRoutesParts } from './observation-routes.ts'
import { serveDescription } from './openapi.ts'
import { refuseForeignHost } from './own-hosts.ts'
import { createPages } from './pages.ts'
import { createErrorHandler, createNotFoundHandler } from './problem.ts'
import { createProxyRoutes, type ProxyRoutesParts } from './proxy-routes.ts'
import { createRouter, type Router } from './router.ts'
import { createSettingsRoutes, type SettingsRoutesParts } from './settings-routes.ts'
import { createMetricsRoute, createProbeRoutes, type SystemRoutesParts } from './system-routes.ts'
import { keepToHttps } from './transport-security.ts'

const maxBodyBytes = 1024 * 1024
/** Who has not signed in has little to say. */
const maxStrangerBodyBytes = 4 * 1024

export interface ApiParts
  extends
    AccessRoutesParts,
    EndpointRoutesParts,
    ExportRoutesParts,
    ProxyRoutesParts,
    ObservationRoutesParts,
    SettingsRoutesParts,
    SystemRoutesParts {
  accounts: Accounts
  principals: Principals
  sessions: Sessions
  history: History
  events: LiveEvents
  log: Log
  isTrustedProxy: (address: string) => boolean
  isOwnHost: (hostName: string) => boolean
  /** Folder of the built dashboard; null where there is none. */
  dashboardDir: string | null
  stopping: AbortSignal
}

/** createApi joins the routes: what is open to all comes first, then the gate, then the rest. */
export function createApi(parts: ApiParts): Router {
  const api = createRouter()
  const clientAddress = createClientAddress(parts.isTrustedProxy)
  const clientScheme = createClientScheme(parts.isTrustedProxy)
  api.onError(createErrorHandler(parts.log))
  api.notFound(createNotFoundHandler(() => api.routes, parts.dashboardDir && readPage(parts.dashboardDir)))
  api.use(async (c, next) => {
    c.set('requestId', randomUUID())
    c.set('clientAddress', clientAddress(c))
    c.set('scheme', clientScheme(c))
    const startedAt = performance.now()
    await next()
    const ms = Math.round(performance.now() - startedAt)
    parts.log.debug({
      request_id: c.get('requestId'),
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
      ms,
    })
  })
  api.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        // Libraries of the dashboard and of /docs set styles of their own; styles can't act.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
      },
      xFrameOptions: 'DENY',
      strictTransportSecurity: false,
    }),
  )
  api.use(keepToHttps())
  api.use(refuseForeignHost(parts.isOwnHost))
  api.on('GET', ['/api/proxies', '/api/endpoints', '/api/export', '/api/logs', '/api/proxies/:id/series'], compress())
  api.route('/', createProbeRoutes(parts))
  if (parts.dashboardDir !== null) api.route('/', createDashboard(parts.dashboardDir))
  api.route('/', createPages())
  serveDescription(api)
  for (const path of ['/api/*', '/metrics']) {
    api.use(path, async (c, next) => {
      await next()
      c.header('Cache-Control', 'no-store')
    })
  }
  api.use('/api/auth/login', limitBody(maxStrangerBodyBytes))
  api.route('/api', createLoginRoute(parts.accounts))
  api.use('/api/*', authenticate(parts.principals))
  api.use('/metrics', authenticate(parts.principals))
  api.use(
    '/api/*',
    keepNames(() => api.routes),
  )
  // Behind the gate: of a stranger no body is read at all.
  api.use('/api/*', limitBody(maxBodyBytes))
  api.route('/', createMetricsRoute(parts))
  api.route('/api', createAuthRoutes(parts.accounts, parts.sessions))
  api.route('/api', createProxyRoutes(parts))
  api.route('/api', createEndpointRoutes(parts))
  api.route('/api', createAccessRoutes(parts))
  api.route('/api', createObservationRoutes(parts))
  api.route('/api', createSettingsRoutes(parts))
  api.route('/api', createExportRoutes(parts))
  api.route('/api', createLogRoutes(parts.history))
  api.route('/api', createEventRoutes(parts))
  return api
}

function limitBody(maxSize: number) {
  return bodyLimit({
    maxSize,
    onError: () => {
      const message = `must have at most ${maxSize} bytes`
      throw new Problem('body_too_large', `The body ${message}.`, { fields: [{ path: 'body', message }] })
    },
  })
}
