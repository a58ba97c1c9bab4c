import { z } from 'zod'

/*
 * KiotProxy's replies, https://api.kiotproxy.com/api/v1. Success:
 *   {success: true, code: 200, status: "SUCCESS", timestamp: <ms>, data: {...}}
 * Failure, with any HTTP status:
 *   {success: false, code: <8 digits>, status: "FAIL", timestamp: <ms>, message, error: "<SYMBOL>"}
 */

const absent = new Set(['', 'null', 'none', 'undefined'])

const hostPort = z
  .string()
  .regex(/^[\w.-]+:\d{1,5}$/)
  .refine((text) => {
    const [host = '', port] = text.split(':')
    return !absent.has(host.toLowerCase()) && Number(port) >= 1 && Number(port) <= 65535
  })

const optionalText = z
  .string()
  .transform((text) => (absent.has(text.trim().toLowerCase()) ? null : text.trim()))
  .nullish()
  .catch(null)

const optionalNumber = z.number().nonnegative().nullish().catch(null)

const upstreamData = z.object({
  http: hostPort,
  socks5: hostPort.nullish().catch(null),
  realIpAddress: optionalText,
  location: optionalText,
  expirationAt: optionalNumber,
  nextRequestAt: optionalNumber,
  ttl: optionalNumber,
  ttc: optionalNumber,
})

export type UpstreamData = z.infer<typeof upstreamData>

const timestamp = z.number().positive().nullish().catch(null)

export const upstreamReply = z.object({ success: z.literal(true), timestamp, data: upstreamData })

export const releaseReply = z.object({ success: z.literal(true) })

export const failureReply = z.object({
  success: z.literal(false),
  error: z.string(),
  message: z.string().catch(''),
  timestamp,
})

export type FailureReply = z.infer<typeof failureReply>
