/**
 * Parsed is what the bytes so far are: a whole message of so many bytes, the start of one, or nothing that can become one.
 * `status` and `text` are what an HTTP client is answered; other protocols have refusals of their own.
 */
export type Parsed<T> = Whole<T> | Incomplete | Bad

export interface Whole<T> {
  readonly kind: 'whole'
  readonly value: T
  readonly bytes: number
}

export interface Incomplete {
  readonly kind: 'incomplete'
}

export interface Bad {
  readonly kind: 'bad'
  readonly status: number
  readonly text: string
}

export const incomplete: Incomplete = { kind: 'incomplete' }

export function whole<T>(value: T, bytes: number): Whole<T> {
  return { kind: 'whole', value, bytes }
}

export function bad(text: string, status = 400): Bad {
  return { kind: 'bad', status, text }
}
