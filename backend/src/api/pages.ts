import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { Hono } from 'hono'
import { html } from 'hono/html'

import type { ApiEnv } from './env.ts'

const swaggerAssets = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
} as const

const initScript = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true, withCredentials: true })\n`

/** pageStyle is the look of the few pages that the backend makes itself. */
export const pageStyle = `
  body { font: 15px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 12vh auto; padding: 0 1.25rem }
  :root { color-scheme: light dark }
  code { font-family: ui-monospace, monospace; overflow-wrap: anywhere }
  dt { font-weight: 600 } dd { margin: 0 0 .75rem }
`

/** createPages are the few pages for people: what runs here, and the API's description, served from this machine alone. */
export function createPages(): Hono<ApiEnv> {
  const pages = new Hono<ApiEnv>()

  pages.get('/', (c) =>
    c.html(
      html`<!doctype html>
        <html lang="en">
          <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width" />
            <title>Stillpoint</title>
            <style>
              ${pageStyle}
            </style>
          </head>
          <body>
            <h1>Stillpoint</h1>
            <p>It runs.</p>
            <dl>
              <dt><a href="/docs">/docs</a></dt>
              <dd>
                The REST API, to read and to try. Its description as a file: <a href="/openapi.json">/openapi.json</a>
              </dd>
              <dt><a href="/health">/health</a></dt>
              <dd>Whether the process is alive</dd>
              <dt><a href="/ready">/ready</a></dt>
              <dd>Whether every listener is up</dd>
              <dt>/metrics, /api/events</dt>
              <dd>Counters for Prometheus, and what happens as it happens; both need a session</dd>
            </dl>
            <p>The dashboard was not built: <code>npm run build</code> does it.</p>
            <p>To begin without it: <code>POST /api/auth/login</code> with <code>{"username", "password"}</code>.</p>
          </body>
        </html>`,
    ),
  )

  pages.get('/docs', (c) =>
    c.html(
      html`<!doctype html>
        <html lang="en">
          <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width" />
            <title>Stillpoint API</title>
            <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
            <link rel="stylesheet" href="/docs/swagger-ui.css" />
          </head>
          <body>
            <div id="api"></div>
            <script src="/docs/swagger-ui-bundle.js"></script>
            <script src="/docs/init.js"></script>
          </body>
        </html>`,
    ),
  )

  pages.get('/docs/init.js', (c) => c.body(initScript, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }))

  for (const [name, type] of Object.entries(swaggerAssets)) {
    pages.get(`/docs/${name}`, async (c) => {
      const path = fileURLToPath(import.meta.resolve(`swagger-ui-dist/${name}`))
      return c.body(await readFile(path), 200, { 'Content-Type': type, 'Cache-Control': 'public, max-age=3600' })
    })
  }
  return pages
}
