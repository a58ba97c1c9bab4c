const delimiters = ['\t', '|', ';', ','] as const

/** Delimiter is what stands between the fields of a line: the strongest of those in it, so that a name may hold a weaker one. */
export type Delimiter = (typeof delimiters)[number]

/** findDelimiter gives the delimiter of a line; null where it has none outside quotes. */
export function findDelimiter(text: string): Delimiter | null {
  return delimiters.find((delimiter) => text.includes(delimiter) && splitCells(text, delimiter).length > 1) ?? null
}

/**
 * splitCells splits a line as CSV files and spreadsheets have it (RFC 4180): a field may stand in quotes, quotes in it doubled. A quote
 * that is never closed is a letter like others.
 */
export function splitCells(text: string, delimiter: Delimiter): string[] {
  return splitQuoted(text, delimiter) ?? text.split(delimiter).map((cell) => cell.trim())
}

function splitQuoted(text: string, delimiter: Delimiter): string[] | null {
  const cells: string[] = []
  let cell = ''
  // A quote opens at the beginning of a field, whatever delimits it: weaker delimiters are looked at later.
  let mayOpen = true
  let isQuoted = false
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (isQuoted && char === '"' && text[at + 1] === '"') {
      cell += char
      at += 1
    } else if (char === '"' && (isQuoted || mayOpen)) {
      isQuoted = !isQuoted
      mayOpen = false
    } else if (!isQuoted && char === delimiter) {
      cells.push(cell.trim())
      cell = ''
      mayOpen = true
    } else {
      cell += char
      mayOpen = !isQuoted && (isDelimiter(char) || (mayOpen && char.trim() === ''))
    }
  }
  return isQuoted ? null : [...cells, cell.trim()]
}

function isDelimiter(char: string): boolean {
  return delimiters.some((delimiter) => delimiter === char)
}

/** trimSigns takes signs off one end of a text, one after another: a pattern would look at a long run of them again and again. */
export function trimSigns(text: string, end: 'start' | 'end', signs: string): string {
  let from = 0
  let to = text.length
  const isSign = (char: string) => signs.includes(char) || char.trim() === ''
  if (end === 'start') while (from < to && isSign(text.charAt(from))) from += 1
  else while (to > from && isSign(text.charAt(to - 1))) to -= 1
  return text.slice(from, to).trim()
}
