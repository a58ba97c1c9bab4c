import type { ImportReason } from '../contract/index.ts'
import { findProviderKeys, providerKeyPattern } from '../contract/patterns.ts'
import { withoutGuard } from '../lib/csv.ts'
import { findDelimiter, splitCells, trimSigns, type Delimiter } from './import-cells.ts'
import { findKey, type FoundKeys } from './import-found-key.ts'
import { findColumn, type Column, type Header } from './import-header.ts'
import { findRegion } from './import-regions.ts'

/** Fields are what a line says of a key, as it stands there; empty where it says nothing. */
export interface Fields {
  key: string
  name: string
  region: string
  protocol: string
}

/** ReadFields are the keys that a line asks for, or why it can't be understood. */
export type ReadFields =
  | { kind: 'fields'; all: Fields[] }
  | { kind: 'bad'; reason: ImportReason; message: string; fields: Fields | null }

const masked = /(?<![0-9a-z])K[0-9a-f]{3,15}(?:\.{2,}|…|\*+|[x•]{3,})/i
const accountToken = /(?<![0-9a-z])[0-9a-f]{32}(?![0-9a-z])/i
/** A key of another provider is known by nothing but that nobody would call something so. */
const otherKey = /^(?=[^\d]*\d)(?=[^a-z]*[a-z])[\w-]{16,128}$/i
const numbering = /^[([#]?\d{1,6}(?:[.):\]]+(?=[\s\p{L}"]|$)|\s+[-–](?=\s))\s*/u
const bullet = /^[-*•+]\s+/
/** What may stand between a key and its name beside the delimiters. */
const joints = ',;|:=>→–—-"\'`(){}[]'
const quotes = '"\'`'
/** `Tên: Shop A`, `"name":"Shop A"` */
const labelled = /^[{\s"']*(\p{L}[\p{L}_ ]{0,30})["']?\s{0,3}[:=](.*)$/u
/** Small letters: Nam and Trung are given names too. */
const regionAtEnd = /(?:^|\s)(bac|trung|nam|random|north|central|south)$/

/** readFields tells the fields of a line apart: by the head of the table above it, else by what they look like. */
export function readFields(text: string, header: Header | null): ReadFields {
  const inTable = header === null ? null : readRow(text, header)
  return inTable === null ? readLine(text) : { kind: 'fields', all: [inTable] }
}

/** Null where the key does not stand in its column. */
function readRow(text: string, { delimiter, at }: Header): Fields | null {
  if (delimiter === null || at.key === undefined) return null
  const cells = splitCells(text, delimiter)
  const cell = (index: number | undefined) => withoutGuard(cells[index ?? -1] ?? '')
  const keys = [...new Set(findProviderKeys(cell(at.key)))]
  const [key = cell(at.key)] = keys
  if (keys.length > 1 || !isKeyCell(key)) return null
  const region = cell(at.region)
  return { key, name: cell(at.name), region: /^[-–—]?$/.test(region) ? '' : region, protocol: cell(at.protocol) }
}

function isKeyCell(cell: string): boolean {
  const isKnown = findProviderKeys(cell).length === 1
  return isKnown || (providerKeyPattern.test(cell) && !accountToken.test(cell) && /\d/.test(cell))
}

function readLine(source: string): ReadFields {
  const found = findKey(source)
  if (found.kind === 'several') {
    if (found.isAlone) return { kind: 'fields', all: found.keys.map((key) => ({ ...noFields, key })) }
    return bad('several_keys', `The line holds ${found.keys.length} keys: put each on a line of its own.`)
  }
  if (found.kind === 'none') return readOther(source)
  return readAround(found)
}

const noFields: Fields = { key: '', name: '', region: '', protocol: '' }

/** A line without a key of KiotProxy. */
function readOther(text: string): ReadFields {
  if (masked.test(text)) {
    return bad(
      'masked_key',
      'The key is masked, so it can’t be imported: export it again with the whole provider keys.',
    )
  }
  const delimiter = findDelimiter(text)
  const cells = delimiter === null ? text.split(' ') : splitCells(text, delimiter)
  const keys = cells.filter((cell) => otherKey.test(cell) && !accountToken.test(cell))
  const [key = ''] = keys
  if (keys.length === 1) return readAround({ key, text, region: null })
  if (accountToken.test(text)) {
    return bad(
      'account_token',
      'This looks like the token of an account, or a key without its K: a key is a K and 32 digits.',
    )
  }
  return bad('no_key', 'The key must be a provider key, a K and 32 digits from 0 to f: there is none in this line.')
}

interface Piece {
  text: string
  isAfterKey: boolean
  /** What its label says that it is. */
  column: Column | undefined
}

function readAround({
  key,
  text: source,
  region,
}: Pick<FoundKeys & { kind: 'one' }, 'key' | 'text' | 'region'>): ReadFields {
  const text = withoutNote(source, source.indexOf(key) + key.length)
  const delimiter = findDelimiter(text)
  const cells = delimiter === null ? [text] : splitCells(text, delimiter)
  const own = cells.findIndex((cell) => cell.includes(key))
  const [head = '', tail = ''] = (cells[own] ?? '').split(key)
  const before = [...cells.slice(0, own), trimSigns(trimSigns(head, 'end', joints), 'start', quotes)]
  const numbered = before.findIndex((cell) => cell !== '')
  const ahead = before.map((cell, index) => (index === numbered ? withoutNumber(cell) : cell))
  const behind = [
    ...tailOf(trimSigns(trimSigns(tail, 'start', joints), 'end', quotes), delimiter),
    ...cells.slice(own + 1),
  ]
  const pieces = [...ahead.flatMap((cell) => piecesOf(cell, false)), ...behind.flatMap((cell) => piecesOf(cell, true))]
  if (pieces.length === 0 && /^[,;]/.test(text)) {
    return bad('name_missing', 'The name must not be empty: leave its comma out too.', { ...noFields, key })
  }
  const fields = { ...noFields, key, region: region ?? '' }
  return region === null ? chooseRegion(fields, pieces) : nameThem(fields, pieces)
}

/** `1.`, `02)`, `#3 -`, or a column of numbers. */
function withoutNumber(cell: string): string {
  const text = cell.replace(numbering, '').replace(bullet, '')
  return /^\s*[([#]?\d{1,6}[.)\]]?\s*$/.test(text) ? '' : text
}

/** Behind the key between blanks alone: `Shop A bac`. */
function tailOf(tail: string, delimiter: Delimiter | null): string[] {
  const region = delimiter === null ? regionAtEnd.exec(tail)?.[1] : undefined
  if (region === undefined || findRegion(tail) !== null) return [tail]
  return [tail.slice(0, -region.length).trim(), region]
}

function piecesOf(cell: string, isAfterKey: boolean): Piece[] {
  const whole = withoutPair(withoutGuard(cell.trim()))
  const [, label = '', value = ''] = labelled.exec(whole) ?? []
  const column = findColumn(label)
  const text = column === undefined ? whole : trimSigns(trimSigns(value, 'start', quotes), 'end', `${quotes}{}`)
  const isNoName = column === 'number' || findColumn(text) === 'key'
  return text.trim() === '' || isNoName || /^[{}]$/.test(text) ? [] : [{ text, isAfterKey, column }]
}

/** `'Shop A'`, and a bracket whose other end went with the key. */
function withoutPair(text: string): string {
  if (text.length > 1 && text.startsWith("'") && text.endsWith("'")) return text.slice(1, -1).trim()
  return text.endsWith(')') && !text.includes('(') ? text.slice(0, -1).trim() : text
}

/** A note stands behind the key, outside quotes, after a blank: `K... // of Hà`. */
function withoutNote(text: string, end: number): string {
  const at = text.slice(end).search(/\s\/\/|\s#\s|^\s+#/)
  if (at === -1) return text
  const rest = text.slice(0, end + at)
  return (rest.split('"').length - 1) % 2 === 0 ? rest : text
}

/** The last piece that names a region is it. */
function chooseRegion(fields: Fields, pieces: readonly Piece[]): ReadFields {
  const isRegion = ({ text, column }: Piece) => column !== 'name' && findRegion(text) !== null
  const labelledAt = pieces.findIndex(({ column }) => column === 'region')
  const at = labelledAt === -1 ? pieces.findLastIndex(isRegion) : labelledAt
  const region = pieces[at]?.text
  if (region !== undefined) return nameThem({ ...fields, region }, pieces.toSpliced(at, 1))
  const last = pieces.at(-1)
  if (pieces.length === 2 && last?.isAfterKey) return nameThem({ ...fields, region: last.text }, pieces.slice(0, 1))
  return nameThem(fields, pieces)
}

function nameThem(fields: Fields, pieces: readonly Piece[]): ReadFields {
  const [name = { text: '' }] = pieces
  if (pieces.length <= 1) return { kind: 'fields', all: [{ ...fields, name: name.text }] }
  return bad(
    'too_many_fields',
    'Too many commas or other separators: a line is name,key,region. Put a name that holds one in quotes.',
    fields,
  )
}

function bad(reason: ImportReason, message: string, fields: Fields | null = null): ReadFields {
  return { kind: 'bad', reason, message, fields }
}
