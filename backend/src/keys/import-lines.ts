import {
  addProxyRequest,
  maxImportLineLength,
  maxImportLines,
  type AddProxyRequest,
  type ImportReason,
  type Region,
} from '../contract/index.ts'
import { dropInvisible, looksLikeKey, splitLines } from '../contract/patterns.ts'
import { Problem } from '../lib/problem.ts'
import { readFields, type Fields } from './import-fields.ts'
import { readHeader, type Header } from './import-header.ts'
import { findRegion } from './import-regions.ts'

/**
 * ParsedLine is what one line of an import asks for, or why it asks for nothing. `line` counts from 1; a line of keys alone gives
 * several.
 */
export type ParsedLine =
  | { kind: 'key'; line: number; request: AddProxyRequest }
  | { kind: 'bad'; line: number; reason: ImportReason; message: string; fields: Fields | null }
  | { kind: 'skipped'; line: number; reason: ImportReason; message: string }

type Unnumbered<T> = T extends unknown ? Omit<T, 'line'> : never

const skipped = {
  empty: 'The line is empty.',
  comment: 'The line is a comment.',
  header: 'The line is the head of a table.',
} as const

/**
 * parseImport finds the key of each line by its looks; what else stands in the line is its name and region. Fields stand between commas,
 * semicolons, tabs, bars or blanks, or under the head of a table. Empty lines and notes (`#`, `//`) are skipped. Throws Problem
 * `invalid_input` for more than 1,000 lines.
 */
export function parseImport(text: string, region: Region): ParsedLine[] {
  const lines = splitLines(text)
  if (lines.length > maxImportLines) {
    const message = `must have at most ${maxImportLines} lines; it has ${lines.length}: import it in parts`
    throw new Problem('invalid_input', `text ${message}.`, { fields: [{ path: 'text', message }] })
  }
  const parsed: ParsedLine[] = []
  let header: Header | null = null
  for (const [index, source] of lines.entries()) {
    const line = index + 1
    if (source.length > maxImportLineLength) {
      parsed.push({ ...refuseLength(source.length), line })
      continue
    }
    const clean = cleanLine(source)
    const next = readHeader(clean)
    header = next ?? header
    const results = next === null ? parseLine(clean, header, region) : [skip('header')]
    parsed.push(...results.map((result) => ({ ...result, line })))
  }
  return parsed
}

function refuseLength(length: number): Unnumbered<ParsedLine> {
  const message = `The line must have at most ${maxImportLineLength} characters; it has ${length}. Put each key on a line of its own.`
  return refuse('line_too_long', message)
}

function cleanLine(source: string): string {
  return dropInvisible(source)
    .normalize('NFC')
    .replaceAll(/[^\S\t]/g, ' ')
    .trim()
}

function parseLine(text: string, header: Header | null, region: Region): Unnumbered<ParsedLine>[] {
  if (/^[\s,;|"]*$/.test(text)) return [skip('empty')]
  if (/^(?:#|\/\/)/.test(text)) return [skip('comment')]
  const read = readFields(text, header)
  if (read.kind === 'bad') return [refuse(read.reason, read.message, read.fields)]
  return read.all.map((fields) => toRequest(fields, region))
}

function toRequest(fields: Fields, defaultRegion: Region): Unnumbered<ParsedLine> {
  const region = fields.region === '' ? defaultRegion : findRegion(fields.region)
  if (region === null) {
    const message =
      'The region must be random, bac (North), trung (Central), nam (South), or a place in one of them, such as Hà Nội.'
    return refuse('region_unknown', message, fields)
  }
  if (looksLikeKey(fields.name)) {
    return refuse('name_like_key', 'The name looks like a provider key: names are shown in clear.', {
      ...fields,
      name: '',
    })
  }
  const upstream_protocol = fields.protocol.toLowerCase()
  const result = addProxyRequest.safeParse({
    kiotproxy_key: fields.key,
    region,
    ...(fields.name === '' ? {} : { key_name: fields.name }),
    ...(upstream_protocol === '' ? {} : { upstream_protocol }),
  })
  if (result.success) return { kind: 'key', request: result.data }
  const issue = result.error.issues[0]
  const { label, reason } = refusals[String(issue?.path[0])] ?? { label: 'The key', reason: 'no_key' }
  return refuse(reason, `${label} ${issue?.message ?? 'is not valid'}.`, fields)
}

const refusals: Record<string, { label: string; reason: ImportReason }> = {
  key_name: { label: 'The name', reason: 'name_invalid' },
  upstream_protocol: { label: 'The protocol', reason: 'protocol_unknown' },
}

function skip(reason: keyof typeof skipped): Unnumbered<ParsedLine> {
  return { kind: 'skipped', reason, message: skipped[reason] }
}

function refuse(reason: ImportReason, message: string, fields: Fields | null = null): Unnumbered<ParsedLine> {
  return { kind: 'bad', reason, message, fields }
}
