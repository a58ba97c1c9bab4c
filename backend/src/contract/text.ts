import { z } from 'zod'

/** White space as JavaScript drops it at the ends of a text, and control characters, for patterns that every regular expression reads. */
const blank = String.raw`\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff`
const control = String.raw`\u0000-\u001f\u007f-\u009f`
/** What nobody sees and `dropInvisible` drops. */
const unseen = String.raw`\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff`

/** lengthOf counts a text as people and JSON Schema do: in characters (code points), not in JavaScript's units of 16 bits. */
export function lengthOf(text: string): number {
  return Array.from(text).length
}

/** boundedText is a text of 1 to so many characters. */
export function boundedText(max: number) {
  return z
    .string()
    .min(1)
    .refine((text) => lengthOf(text) <= max, `must have at most ${max} characters`)
    .meta({ maxLength: max })
}

/** namePattern is a line of 1 to so many characters, none of them a control character; blanks around it do not count. */
export function namePattern(max: number): string {
  const inner = `(?:[^${control}]{0,${max - 2}}[^${blank}${control}])?`
  return `^[${blank}]*[^${blank}${control}]${inner}[${blank}]*$`
}

/** plainPattern is a text without control characters. */
export const plainPattern = `^[^${control}]*$`

/** keyLikePattern finds what looks like a key, or the token of an account, in a name. */
export const keyLikePattern = '[Kk][0-9A-Fa-f]{16}|[0-9A-Fa-f]{32}'

/**
 * pastedKeyPattern is a provider key as it may be pasted: in one piece with blanks around it, and one of KiotProxy's also broken over
 * lines.
 */
export const pastedKeyPattern = `^[${blank}${unseen}]*(?:(?:[0-9A-Za-z_-][${unseen}]*){8,128}|[Kk](?:[${blank}${unseen}]*[0-9A-Fa-f]){16,64})[${blank}${unseen}]*$`
