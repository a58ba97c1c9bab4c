import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { proxyKey, timestamp } from './proxy-key.ts'
import { sealed } from './sealed.ts'
import { trafficFields } from './traffic.ts'

export const minIntervalMinutes = 2

const settingsFields = {
  auto_rotate_on_expiration: z.boolean().meta({ description: 'Rotate one minute before the upstream ends.' }),
  auto_rotate_interval_enabled: z.boolean().meta({ description: 'Rotate every so many minutes instead.' }),
  auto_rotate_interval_minutes: z
    .int()
    .min(minIntervalMinutes, `must be at least ${minIntervalMinutes} (minutes)`)
    .max(7 * 24 * 60, 'must be at most 10080 (minutes, a week)'),
  auto_rotate_spacing_seconds: z
    .int()
    .min(0, 'must be at least 0 (seconds)')
    .max(3600, 'must be at most 3600 (seconds)')
    .meta({
      description: 'Timed rotations of different keys are at least so far apart, as far as no upstream ends before.',
    }),
  rotate_on_failure: z.boolean().meta({ description: 'Rotate a key whose upstream is gone.' }),
}

const healthFields = {
  health_check_seconds: z
    .int()
    .min(1, 'must be at least 1 (second)')
    .max(3600, 'must be at most 3600 (seconds)')
    .nullable()
    .meta({ description: 'How often each key is checked; null for HEALTH_CHECK_INTERVAL.' }),
}

const allSettings = { ...settingsFields, ...trafficFields, ...healthFields }

export const settings = z.object(allSettings).meta({ id: 'Settings' })

export type Settings = z.infer<typeof settings>

export const defaultSettings: Settings = {
  auto_rotate_on_expiration: true,
  auto_rotate_interval_enabled: false,
  auto_rotate_interval_minutes: 10,
  auto_rotate_spacing_seconds: 0,
  rotate_on_failure: true,
  drain_seconds: 10,
  idle_drain_ms: 300,
  hold_seconds: 10,
  tunnel_idle_minutes: 10,
  health_check_seconds: null,
}

/** device is a browser in which the user signed in once. Its cookie is not stored, only the SHA-256. */
const device = z.looseObject({
  id_hash: z.string().regex(/^[0-9a-f]{64}$/),
  last_used_at: timestamp,
})

export const user = z.looseObject({
  id: z.int().min(1),
  username: z.string().min(1),
  password: z.string().regex(/^\$2[aby]\$/, 'must be a bcrypt hash'),
  /** The first start made the password. */
  has_generated_password: z.boolean().default(false),
  devices: z.array(device).default([]),
})

export type User = z.infer<typeof user>

/** session is a signed-in admin. The session id itself is not stored, only its SHA-256. */
export const session = z.looseObject({
  id_hash: z.string().regex(/^[0-9a-f]{64}$/),
  user_id: z.int().min(1),
  created_at: timestamp,
  last_used_at: timestamp,
  address: z.string(),
  user_agent: z.string(),
})

export type Session = z.infer<typeof session>

export const dataFileVersion = 4

/** dataFile is `data/data.json`, the truth that everything follows. Fields it does not know survive a rewrite. */
export const dataFile = z.looseObject({
  version: z.literal(dataFileVersion),
  secret_check: sealed,
  next_proxy_id: z.int().min(1),
  settings: z.looseObject({
    ...allSettings,
    auto_rotate_spacing_seconds: allSettings.auto_rotate_spacing_seconds.default(0),
  }),
  users: z.array(user),
  sessions: z.array(session),
  proxy_keys: z.array(proxyKey),
  next_endpoint_id: z.int().min(1),
  endpoints: z.array(endpoint),
})

export type DataFile = z.infer<typeof dataFile>
