/** byteOrderMark at the start of a file tells spreadsheets that it is UTF-8. */
export const byteOrderMark = '\uFEFF'

/** Cell is a value; `exactly` is for texts that programs read, such as passwords. */
export type Cell = string | number | null | { exactly: string }

/** Some spreadsheets take the wide forms of the signs too. */
const formula = /^'*[=+\-@\t\r＝＋－＠]/
const guarded = /^'+[=+\-@\t\r＝＋－＠]/

/** withoutGuard gives a text back as it was before toCsvLine. */
export function withoutGuard(text: string): string {
  return guarded.test(text) ? text.slice(1) : text
}

/**
 * toCsvLine writes one row as RFC 4180 says. A spreadsheet must not take a text for a formula: one that looks like it gets an
 * apostrophe before it, and so does one that has such an apostrophe already: taking one away gives every text back.
 */
export function toCsvLine(cells: readonly Cell[]): string {
  return `${cells.map(toCell).join(',')}\r\n`
}

function toCell(cell: Cell): string {
  const text = textOf(cell)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function textOf(cell: Cell): string {
  if (typeof cell === 'string') return formula.test(cell) ? `'${cell}` : cell
  return typeof cell === 'object' && cell !== null ? cell.exactly : String(cell ?? '')
}
