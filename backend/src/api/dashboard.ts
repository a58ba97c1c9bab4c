import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'

import type { ApiEnv } from './env.ts'

/** The built dashboard is beside the backend, seen from its sources or from what is built of them. */
const places = ['../../../frontend/dist', '../../../../frontend/dist']
/** Paths that the dashboard knows: it shows the right page for each by itself. */
const pages = ['/', '/login', '/activity', '/settings', '/keys/:id']
/** Files that keep their names. */
const files = ['/favicon.svg', '/theme.js']
const year = 365 * 24 * 60 * 60

/** findDashboard is the folder of the built dashboard, or null where it was not built. */
export function findDashboard(): string | null {
  const folders = places.map((place) => fileURLToPath(new URL(place, import.meta.url)))
  return folders.find((folder) => existsSync(join(folder, 'index.html'))) ?? null
}

/** readPage is the one HTML page of the dashboard, which shows itself what there is no page for. */
export function readPage(folder: string): string {
  return readFileSync(join(folder, 'index.html'), 'utf8')
}

/**
 * createDashboard serves the built dashboard. What has a hash in its name may be kept for ever; the rest is asked for anew each
 * time, so that an upgrade shows at once.
 */
export function createDashboard(folder: string): Hono<ApiEnv> {
  const dashboard = new Hono<ApiEnv>()
  const serve = (path?: string) => serveStatic<ApiEnv>({ root: folder, precompressed: true, ...(path ? { path } : {}) })
  dashboard.use('/assets/*', async (c, next) => {
    await next()
    if (c.res.status === 200) c.header('Cache-Control', `public, max-age=${year}, immutable`)
  })
  dashboard.get('/assets/*', serve())
  const fresh: [string, string | undefined][] = [
    ...files.map((file): [string, undefined] => [file, undefined]),
    ...pages.map((page): [string, string] => [page, 'index.html']),
  ]
  for (const [path, file] of fresh) {
    dashboard.get(path, async (c, next) => {
      await next()
      c.header('Cache-Control', 'no-cache')
    })
    dashboard.get(path, serve(file))
  }
  return dashboard
}
