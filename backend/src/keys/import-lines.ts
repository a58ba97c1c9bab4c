import { addProxyRequest, maxImportLines, regions, type AddProxyRequest, type Region } from '../contract/index.ts'
import { Problem } from '../lib/problem.ts'

/** ParsedLine is what one line of an import asks for, or why it asks for nothing. `line` counts from 1. */
export type ParsedLine =
  | { kind: 'key'; line: number; request: AddProxyRequest }
  | { kind: 'bad'; line: number; message: string }
  | { kind: 'skipped'; line: number; message: string }

/**
 * parseImport reads one key a line: `key`, `key,region`, `name,key` or `name,key,region`, with commas, semicolons or tabs. Blank lines and those that begin
 * with # are skipped. Throws Problem `invalid_input` for more than 1,000 lines.
 */
export function parseImport(text: string, region: Region): ParsedLine[] {
  const lines = text
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .split(/\r\n|\n|\r/)
  if (lines.length > maxImportLines) {
    const message = `must have at most ${maxImportLines} lines; it has ${lines.length}`
    throw new Problem('invalid_input', `text ${message}.`, { fields: [{ path: 'text', message }] })
  }
  return lines.map((line, index) => parseLine(line.trim(), index + 1, region))
}

function parseLine(text: string, line: number, defaultRegion: Region): ParsedLine {
  if (text === '') return { kind: 'skipped', line, message: 'The line is empty.' }
  if (text.startsWith('#')) return { kind: 'skipped', line, message: 'The line is a comment.' }
  const fields = splitFields(text)
  if (fields.length > 3) return { kind: 'bad', line, message: 'Too many commas: a line is name,key,region.' }
  const named = nameFields(fields)
  if (/\s/.test(String(named['kiotproxy_key']))) {
    return { kind: 'bad', line, message: 'The key has a blank in it: put a comma between name and key.' }
  }
  const result = addProxyRequest.safeParse({ region: defaultRegion, ...named })
  if (result.success) return { kind: 'key', line, request: result.data }
  const issue = result.error.issues[0]
  const label = labels[String(issue?.path[0])] ?? 'The line'
  return { kind: 'bad', line, message: `${label} ${issue?.message ?? 'is not valid'}.` }
}

const labels: Record<string, string> = { kiotproxy_key: 'The key', key_name: 'The name', region: 'The region' }

/** Fields as CSV files and spreadsheets have them: between commas, semicolons or tabs, in quotes where they hold one. */
function splitFields(text: string): string[] {
  const fields: string[] = []
  let field = ''
  let isQuoted = false
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (isQuoted && char === '"' && text[at + 1] === '"') {
      field += char
      at += 1
    } else if (char === '"' && (isQuoted || field.trim() === '')) isQuoted = !isQuoted
    else if (!isQuoted && /[,;\t]/.test(char)) {
      fields.push(field.trim())
      field = ''
    } else field += char
  }
  return [...fields, field.trim()]
}

function nameFields([first, second, third]: string[]): Record<string, unknown> {
  if (second === undefined) return { kiotproxy_key: first }
  if (third !== undefined)
    return { key_name: first, kiotproxy_key: second, ...(third === '' ? {} : { region: third.toLowerCase() }) }
  const isRegion = regions.some((name) => name === second.toLowerCase())
  return isRegion ? { kiotproxy_key: first, region: second.toLowerCase() } : { key_name: first, kiotproxy_key: second }
}
