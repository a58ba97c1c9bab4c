import { findProviderKeys } from '../contract/patterns.ts'
import { findDelimiter, splitCells, type Delimiter } from './import-cells.ts'
import { fold } from './import-regions.ts'

const columns = {
  key: 'key keys kiotproxykey kiotkey keykiot keykiotproxy keyproxy proxykey keyxoay keyproxyxoay providerkey apikey makey',
  name: 'name keyname ten tenkey tengoi tenproxy label title nhan alias',
  region: 'region khuvuc vung mien area zone vitri tinh tinhthanh thanhpho city location diadiem',
  protocol: 'protocol giaothuc upstreamprotocol loaiproxy',
  number: 'stt tt so sott no num number id index',
} as const

/** Column is what a column of a table can hold. */
export type Column = keyof typeof columns

const columnByWord = new Map(
  Object.entries(columns).flatMap(([column, words]) =>
    words.split(' ').map((word) => [word, column as Column] as const),
  ),
)

/** A head is a few words. */
const maxLength = 300

/** Header says which column of the lines below holds what; without a delimiter there are no columns. */
export interface Header {
  delimiter: Delimiter | null
  at: Partial<Record<Column, number>>
}

/** readHeader reads a line as the head of a table, in English or Vietnamese, its columns in any order; null where it is none. */
export function readHeader(text: string): Header | null {
  if (text.length > maxLength || findProviderKeys(text).length > 0) return null
  const delimiter = findDelimiter(text)
  if (delimiter === null) return isHeadOfBlanks(text) ? { delimiter, at: {} } : null
  const at: Header['at'] = {}
  for (const [index, cell] of splitCells(text, delimiter).entries()) {
    const column = findColumn(cell)
    if (column !== undefined) at[column] ??= index
  }
  return at.key === undefined ? null : { delimiter, at }
}

/** findColumn tells what a column of this name holds, or a field with this label. */
export function findColumn(name: string): Column | undefined {
  return name.length > 40 ? undefined : columnByWord.get(fold(name))
}

/** `STT Tên Key Khu vực`: every word is known, and one of them is the key. */
function isHeadOfBlanks(text: string): boolean {
  const words = text.split(/\s+/).map(fold).filter(Boolean)
  const known = (word: string) => columnByWord.has(word) || ['khu', 'vuc', 'proxy', 'kiotproxy'].includes(word)
  return words.length <= 8 && words.some((word) => columnByWord.get(word) === 'key') && words.every(known)
}
