import {
  settings,
  settingsReply,
  settingsRequest,
  type Actor,
  type Settings,
  type SettingsRequest,
} from '../contract/index.ts'
import { actorOf } from './actor.ts'
import { createRouter, json, jsonBody, route, type Router } from './router.ts'

const tags = ['Settings']

const get = route('read', {
  operationId: 'getSettings',
  method: 'get',
  path: '/settings',
  tags,
  summary: 'The settings',
  responses: { 200: json(settings, 'The settings') },
})

const put = route('manage', {
  operationId: 'changeSettings',
  method: 'put',
  path: '/settings',
  tags,
  summary: 'Change settings',
  description: 'Only the fields given are changed.',
  request: { body: jsonBody(settingsRequest) },
  responses: {
    200: json(settingsReply, 'The settings as they are now'),
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
