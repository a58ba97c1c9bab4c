/** So much is made at a time: a few milliseconds. */
const pieceLength = 256 * 1024

/** What rows look like in the file. They are frozen, so this stays right as long as they live. */
const rowTexts = new WeakMap<object, string>()

/**
 * fileText makes the text of a data file as `JSON.stringify(data, null, 2)` would, in pieces, so that whoever writes them one by
 * one keeps nothing else waiting. Lists of rows may be long; most rows are the same as the last time and need no second look.
 */
export function* fileText(data: object): Generator<string> {
  let piece = ''
  for (const part of parts(data)) {
    piece += part
    if (piece.length < pieceLength) continue
    yield piece
    piece = ''
  }
  yield piece
}

function* parts(data: object): Generator<string> {
  const entries = Object.entries(data).filter(([, value]) => value !== undefined)
  if (entries.length === 0) return yield '{}\n'
  for (const [index, [name, value]] of entries.entries()) {
    yield `${index === 0 ? '{' : ','}\n  ${JSON.stringify(name)}: `
    if (isRows(value)) yield* rowParts(value)
    else yield indent(JSON.stringify(value, null, 2), 2)
  }
  yield '\n}\n'
}

function* rowParts(rows: readonly object[]): Generator<string> {
  for (const [index, row] of rows.entries()) yield `${index === 0 ? '[' : ','}\n    ${textOf(row)}`
  yield '\n  ]'
}

function isRows(value: unknown): value is readonly object[] {
  return Array.isArray(value) && value.length > 0 && value.every((row) => typeof row === 'object' && row !== null)
}

function textOf(row: object): string {
  const known = rowTexts.get(row)
  if (known !== undefined) return known
  const text = indent(JSON.stringify(row, null, 2), 4)
  if (Object.isFrozen(row)) rowTexts.set(row, text)
  return text
}

/** Line ends within strings are escaped in JSON: those that are there part lines. */
function indent(text: string, blanks: number): string {
  return text.replaceAll('\n', `\n${' '.repeat(blanks)}`)
}
