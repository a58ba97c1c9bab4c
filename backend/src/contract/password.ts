import { z } from 'zod'

/** bcrypt reads no more than 72 bytes. */
export const maxPasswordBytes = 72
const minPasswordLength = 8

/**
 * opaqueString gives each password one spelling, whatever keyboard or system wrote it: NFC, every space a plain one (RFC 8265,
 * section 4.2, OpaqueString).
 */
export function opaqueString(text: string): string {
  return text.replaceAll(/\p{Zs}/gu, ' ').normalize('NFC')
}

const tooShort = `must have at least ${minPasswordLength} characters`

/** newPassword is a password that is chosen; its length counts in the spelling that `opaqueString` gives it. */
export const newPassword = z
  .string()
  .min(minPasswordLength, { error: tooShort, abort: true })
  .max(1000, { error: `must have at most ${maxPasswordBytes} bytes`, abort: true })
  .refine((text) => opaqueString(text).length >= minPasswordLength, { error: tooShort, abort: true })
  .refine((text) => !/\p{Cc}|\p{Cs}/u.test(text), 'must have no control characters, such as tabs and line ends')
  .refine(
    (text) => new TextEncoder().encode(opaqueString(text)).length <= maxPasswordBytes,
    `must have at most ${maxPasswordBytes} bytes`,
  )
