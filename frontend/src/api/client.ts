import type { FieldError, ProblemBody, ProblemCode } from '../../../backend/src/contract/index.ts'
import { noteServerTime } from '@/lib/now'
import { createStore } from '@/lib/store'

/** ApiError is a call that did not work; `code` is `unreachable` where no answer came. */
export class ApiError extends Error {
  readonly code: ProblemCode | 'unreachable'
  readonly retryAfterSeconds: number | null
  readonly fields: readonly FieldError[]

  constructor(code: ApiError['code'], message: string, problem: Partial<ProblemBody> = {}) {
    super(message)
    this.code = code
    this.retryAfterSeconds = problem.retry_after ?? null
    this.fields = problem.errors ?? []
  }
}

/** signedOutCount grows each time an answer says that nobody is signed in. */
export const signedOutCount = createStore(0)

const mePath = '/api/auth/me'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

interface CallOptions {
  body?: unknown
  signal?: AbortSignal
  /** The answer is a text, no JSON. */
  isText?: boolean
  /** Gets the headers of a good answer. */
  onHeaders?: (headers: Headers) => void
}

/** call speaks to the API; the session is a cookie that scripts can't read. Throws ApiError. */
export async function call<T>(
  method: Method,
  path: string,
  { body, signal, onHeaders, isText = false }: CallOptions = {},
): Promise<T> {
  const response = await send(method, path, body, signal)
  if (response.ok) onHeaders?.(response.headers)
  noteServerTime(response.headers.get('date'), Date.now())
  const text = await response.text()
  if (response.ok && isText) return text as T
  if (response.ok) return (text === '' ? undefined : JSON.parse(text)) as T
  const error = toApiError(response.status, text)
  // Who asks whether somebody is signed in hears it anyway.
  if (error.code === 'not_authenticated' && path !== mePath) signedOutCount.set(signedOutCount.get() + 1)
  throw error
}

async function send(method: Method, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  try {
    return await fetch(path, {
      method,
      ...(signal ? { signal } : {}),
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ApiError('unreachable', 'Stillpoint can’t be reached.')
  }
}

function toApiError(status: number, text: string): ApiError {
  try {
    const problem = JSON.parse(text) as ProblemBody
    return new ApiError(problem.code, problem.detail, problem)
  } catch {
    // Not ours: something between here and Stillpoint answered.
    return new ApiError('unreachable', `Stillpoint can’t be reached: the answer was ${status}.`)
  }
}
