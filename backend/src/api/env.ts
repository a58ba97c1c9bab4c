import type { HttpBindings } from '@hono/node-server'

import type { User } from '../contract/index.ts'

/** ApiEnv is what middleware leaves for the handlers. */
export interface ApiEnv {
  Bindings: Partial<HttpBindings>
  Variables: {
    requestId: string
    clientAddress: string
    user: User
    sessionId: string
  }
}
