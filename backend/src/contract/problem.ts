import { z } from 'zod'

/**
 * problemCodes is the closed list of what can go wrong in a way a caller can act on. `api/problem.ts` maps each to one
 * HTTP status; everything else that fails is `internal_error`.
 */
export const problemCodes = [
  'invalid_input',
  'invalid_json',
  'body_too_large',
  'unsupported_media_type',
  'method_not_allowed',
  'not_authenticated',
  'wrong_credentials',
  'too_many_attempts',
  'common_password',
  'cross_origin',
  'scope_missing',
  'unknown_host',
  'not_found',
  'duplicate_key',
  'no_free_number',
  'number_taken',
  'address_taken',
  'too_many_addresses',
  'key_rejected',
  'key_inactive',
  'rotation_cooldown',
  'provider_unavailable',
  'provider_out_of_stock',
  'upstream_missing',
  'listener_failed',
  'storage_full',
  'storage_failed',
  'stopping',
  'internal_error',
] as const

export const problemCode = z.enum(problemCodes).meta({ id: 'ProblemCode' })

export type ProblemCode = z.infer<typeof problemCode>

/** fieldError names one bad field by its path (`settings.auto_rotate_interval_minutes`) and says what is wrong with it. */
export const fieldError = z.object({ path: z.string(), message: z.string() }).meta({ id: 'FieldError' })

export type FieldError = z.infer<typeof fieldError>

/** problem is the body of every error answer (RFC 9457, `application/problem+json`). */
export const problem = z
  .object({
    type: z.string().meta({ example: 'about:blank' }),
    title: z.string().meta({ example: 'Conflict' }),
    status: z.int().meta({ example: 409 }),
    detail: z.string().meta({ example: 'proxy3 may be rotated again in 42 s.' }),
    code: problemCode,
    request_id: z.string().meta({ description: 'Names this request in the log.' }),
    retry_after: z.int().optional().meta({ description: 'Seconds after which the same call can work.' }),
    errors: z.array(fieldError).optional().meta({ description: 'The fields that were refused.' }),
  })
  .meta({ id: 'Problem' })

export type ProblemBody = z.infer<typeof problem>
