import { z } from 'zod'

/** The greatest whole number that is taken in a path or a query: 15 digits. */
export const maxQueryNumber = 999_999_999_999_999

/** optionally is a parameter that may be left out, or empty, which counts as not given. */
export function optionally<T extends z.ZodType>(schema: T) {
  return z
    .preprocess((text) => (text === '' ? undefined : text), schema.optional())
    .meta({ param: { allowEmptyValue: true } })
}

/** queryNumber is an optional whole number from 1 to `highest`. */
export function queryNumber(highest: number = maxQueryNumber) {
  const message = highest === maxQueryNumber ? 'must be a whole number' : `must be a whole number from 1 to ${highest}`
  const digits = z
    .string()
    .regex(/^\d{1,15}$/, message)
    .transform(Number)
    .pipe(z.int().min(1, message).max(highest, message))
  return optionally(digits.meta({ type: 'integer', minimum: 1, maximum: highest }))
}

/** The words that are read as yes or no, in small or great letters. */
const words = ['true', '1', 'yes', 'on', 'y', 'enabled', 'false', '0', 'no', 'off', 'n', 'disabled']

/** queryBoolean is a yes or no, by default no. */
export const queryBoolean = z
  .stringbool()
  .default(false)
  .meta({
    type: ['boolean', 'string'],
    anyOf: [{ type: 'boolean' }, { type: 'string', pattern: `^(?:${words.map(inAnyCase).join('|')})$` }],
  })

function inAnyCase(word: string): string {
  return word.replaceAll(/[a-z]/g, (letter) => `[${letter.toUpperCase()}${letter}]`)
}
