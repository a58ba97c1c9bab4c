/** Raw is a part of a data file of which nothing is known yet but that it is an object. */
export type Raw = Record<string, unknown>

export function isRecord(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function asRecord(value: unknown): Raw {
  return isRecord(value) ? value : {}
}

/** mapRows makes something else of each row; what is no list of rows stays as it is, and the schema says so. */
export function mapRows(value: unknown, alter: (row: Raw, place: number) => unknown): unknown {
  return Array.isArray(value) ? value.map((row, place) => (isRecord(row) ? alter(row, place) : row)) : value
}
