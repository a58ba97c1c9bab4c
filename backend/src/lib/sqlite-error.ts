import { systemCodeOf } from './problem.ts'

/** The primary result codes that tell kinds of trouble apart (https://sqlite.org/rescode.html). */
const busy = 5
/** SQLITE_ERROR (tables of another shape), SQLITE_CORRUPT, SQLITE_NOTADB. */
const damaged = [1, 11, 26]

/** isSqliteError tells whether SQLite threw it, and not the file system beside it. */
export function isSqliteError(error: unknown): boolean {
  return systemCodeOf(error) === 'ERR_SQLITE_ERROR'
}

/** isBusy tells whether another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return resultOf(error) === busy
}

/** isDamaged tells whether what is in the file is at fault, and not that it can't be read or written. */
export function isDamaged(error: unknown): boolean {
  return damaged.includes(resultOf(error))
}

/** The extended codes have the primary one in their low byte. */
function resultOf(error: unknown): number {
  const code = isSqliteError(error) && error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0
  return code & 0xff
}
