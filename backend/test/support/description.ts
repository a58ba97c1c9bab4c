import { createApi, type ApiParts } from '../../src/api/api.ts'
import type { Principal } from '../../src/auth/principal.ts'
import { silentLog } from '../../src/lib/log.ts'

/** Description is as much of an OpenAPI document as tests look at. */
export interface Description {
  openapi: string
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object>; securitySchemes: Record<string, object> }
}

export interface Operation {
  operationId?: string
  summary?: string
  security?: Record<string, string[]>[]
  parameters?: { name: string; in: string; schema: object }[]
  requestBody?: { required?: boolean }
  responses: Record<string, { description: string; content?: object }>
}

/** createBareApi makes an API with nothing behind it: whoever asks is this principal. */
export function createBareApi(principal?: Partial<Principal>) {
  return createApi({
    principals: { find: () => principal },
    log: silentLog,
    history: { list: () => [] },
    isTrustedProxy: () => false,
    isOwnHost: () => true,
    dashboardDir: null,
    stopping: AbortSignal.abort(),
  } as unknown as ApiParts)
}

/** readDescription is what an API says of itself at /openapi.json, as text. */
export async function readDescription(): Promise<string> {
  return await (await createBareApi().request('/openapi.json', {}, {})).text()
}
