import type { HttpBindings } from '@hono/node-server'

import type { Principal } from '../auth/principal.ts'

export type Scheme = 'http' | 'https'

/** ApiEnv is what middleware leaves for the handlers. */
export interface ApiEnv {
  Bindings: Partial<HttpBindings>
  Variables: {
    requestId: string
    clientAddress: string
    /** How the client reached us; null where that is not known. */
    scheme: Scheme | null
    /** Who asks; set behind the gate. */
    principal: Principal
  }
}
