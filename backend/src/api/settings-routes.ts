import { createRoute } from '@hono/zod-openapi'

import {
  settings,
  settingsReply,
  settingsRequest,
  type Actor,
  type Settings,
  type SettingsRequest,
} from '../contract/index.ts'
import { actorOf } from './actor.ts'
import { createRouter, failures, json, jsonBody, signedIn, type Router } from './router.ts'

const tags = ['Settings']

const get = createRoute({
  method: 'get',
  path: '/settings',
  tags,
  summary: 'The settings',
  security: signedIn,
  responses: { 200: json(settings, 'The settings'), ...failures({ 401: 'Not signed in' }) },
})

const put = createRoute({
  method: 'put',
  path: '/settings',
  tags,
  summary: 'Change settings',
  description: 'Only the fields given are changed.',
  security: signedIn,
  request: { body: jsonBody(settingsRequest) },
  responses: {
    200: json(settingsReply, 'The settings as they are now'),
    ...failures({ 400: 'Bad input', 401: 'Not signed in' }),
  },
})

export interface SettingsRoutesParts {
  readSettings: () => Settings
  changeSettings: (change: SettingsRequest, by: Actor) => Promise<Settings>
}

export function createSettingsRoutes({ readSettings, changeSettings }: SettingsRoutesParts): Router {
  return createRouter()
    .openapi(get, (c) => c.json(readSettings(), 200))
    .openapi(put, async (c) =>
      c.json({ success: true as const, settings: await changeSettings(c.req.valid('json'), actorOf(c)) }, 200),
    )
}
