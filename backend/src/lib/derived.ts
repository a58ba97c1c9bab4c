/**
 * derivedRows computes something of each row of a list, in the light of a context, and keeps it for the rows that are the same
 * object in the same place the next time: data is frozen, and what did not change stays the same object.
 */
export function derivedRows<Row, Context, T>(
  compute: (row: Row, context: Context) => T,
): (rows: readonly Row[], context: Context) => readonly T[] {
  let last: { rows: readonly Row[]; context: Context; results: readonly T[] } | null = null
  return (rows, context) => {
    const before = last?.context === context ? last : null
    if (before?.rows === rows) return before.results
    const results = rows.map((row, index) => {
      const isSame = before !== null && index < before.rows.length && before.rows[index] === row
      return isSame ? (before.results[index] as T) : compute(row, context)
    })
    last = { rows, context, results }
    return results
  }
}
