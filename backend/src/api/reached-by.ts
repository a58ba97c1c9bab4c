import type { Context } from 'hono'

import { hostNameOf } from '../lib/host-name.ts'
import type { ApiEnv } from './env.ts'

/** reachedBy is the host by which the client has reached us: the API answers under names of our own only. Null where it names none. */
export function reachedBy(c: Context<ApiEnv>): string | null {
  const host = c.req.header('host')
  return host === undefined ? null : hostNameOf(host)
}
