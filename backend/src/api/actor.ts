import type { Context } from 'hono'

import type { Actor } from '../contract/index.ts'
import type { ApiEnv } from './env.ts'

/** actorOf is who asks, of a request that has a session. */
export function actorOf(c: Context<ApiEnv>): Actor {
  const { user, name, address } = c.get('principal')
  return { kind: 'admin', id: user.id, name, address }
}
