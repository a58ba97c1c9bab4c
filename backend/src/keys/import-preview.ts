import type { ProblemCode } from '../contract/index.ts'
import type { ParsedLine } from './import-lines.ts'

/** PreviewLine tells whether a line of an import can be added. */
export interface PreviewLine {
  line: number
  status: 'ready' | 'failed' | 'skipped'
  message: string
  code: ProblemCode | null
}

/** previewImport judges lines without asking the provider; `holders` are the endpoints that have a provider key already. */
export function previewImport(lines: readonly ParsedLine[], holders: ReadonlyMap<string, string>): PreviewLine[] {
  const seen = new Map<string, number>()
  return lines.map((parsed) => {
    const { line } = parsed
    if (parsed.kind === 'skipped') return { line, status: 'skipped', message: parsed.message, code: null }
    if (parsed.kind === 'bad') return { line, status: 'failed', message: parsed.message, code: 'invalid_input' }
    const key = parsed.request.kiotproxy_key
    const holder = holders.get(key)
    if (holder !== undefined) return refuse(line, `${holder} has this provider key already.`)
    const before = seen.get(key)
    if (before !== undefined) return refuse(line, `Line ${before} has this provider key already.`)
    seen.set(key, line)
    return { line, status: 'ready', message: '', code: null }
  })
}

function refuse(line: number, message: string): PreviewLine {
  return { line, status: 'failed', message, code: 'duplicate_key' }
}
