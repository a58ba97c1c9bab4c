import { isIP } from 'node:net'

import { z } from 'zod'

import { hostAndPort } from '../contract/index.ts'
import { normalizeAddress } from '../lib/ip.ts'

/*
 * KiotProxy's replies, https://api.kiotproxy.com/api/v1. Success:
 *   {success: true, code: 200, status: "SUCCESS", timestamp: <ms>, data: {...}}
 * Failure, with any HTTP status:
 *   {success: false, code: <8 digits>, status: "FAIL", timestamp: <ms>, message, error: "<SYMBOL>"}
 */

const absent = new Set(['', 'null', 'none', 'undefined'])

const hostPort = hostAndPort.refine((text) => !absent.has(text.replace(/:\d+$/, '').toLowerCase()))

const maxPlaceLength = 100

/** A place is shown to people: in one line, of a bounded length, with nothing that turns or hides the text around it. */
const optionalPlace = z
  .string()
  .transform((text) => toOneLine(text.slice(0, maxPlaceLength)))
  .transform((text) => (absent.has(text.toLowerCase()) ? null : text))
  .nullish()
  .catch(null)

const optionalAddress = z
  .string()
  .transform((text) => normalizeAddress(text.trim()))
  .refine((address) => isIP(address) !== 0)
  .nullish()
  .catch(null)

/** toOneLine makes spaces of control and format characters, line ends and broken pairs. */
export function toOneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
}

/** Anything beyond ten years from now, or of duration, is no time. */
const tenYearsMs = 10 * 365 * 86_400_000

/** Milliseconds since the epoch: to be read with `readTime`. */
const optionalTime = z.number().positive().nullish().catch(null)
const optionalSeconds = z
  .number()
  .nonnegative()
  .max(tenYearsMs / 1000)
  .nullish()
  .catch(null)

/** readTime is a time of a reply, null where it is none or lies further ahead of `now` than any lease lasts. */
export function readTime(time: number | null | undefined, now: number): number | null {
  return time == null || time > now + tenYearsMs ? null : time
}

const upstreamData = z.object({
  http: hostPort,
  socks5: hostPort.nullish().catch(null),
  realIpAddress: optionalAddress,
  location: optionalPlace,
  expirationAt: optionalTime,
  nextRequestAt: optionalTime,
  ttl: optionalSeconds,
  ttc: optionalSeconds,
})

export type UpstreamData = z.infer<typeof upstreamData>

const timestamp = optionalTime

export const upstreamReply = z.object({ success: z.literal(true), timestamp, data: upstreamData })

export const releaseReply = z.object({ success: z.literal(true) })

export const failureReply = z.object({
  success: z.literal(false),
  error: z.string(),
  message: z.string().catch(''),
  timestamp,
})

export type FailureReply = z.infer<typeof failureReply>
