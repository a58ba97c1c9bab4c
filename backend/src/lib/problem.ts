import type { FieldError, ProblemCode } from '../contract/index.ts'

interface ProblemOptions {
  retryAfterSeconds?: number
  fields?: FieldError[]
  cause?: unknown
}

/** Problem is a failure that a caller can act on. Its message is shown to the admin, so it holds no secret. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly retryAfterSeconds: number | undefined
  readonly fields: FieldError[] | undefined

  constructor(code: ProblemCode, message: string, options: ProblemOptions = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.retryAfterSeconds = options.retryAfterSeconds
    this.fields = options.fields
  }
}

/** StartError stops the start: its message says what is wrong and what to do. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** messageOf is the text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** systemCodeOf is the code of a system error (`ENOSPC`), undefined for anything else. */
export function systemCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
