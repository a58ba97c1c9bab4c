import type { ProblemCode } from '../contract/index.ts'
import type { ParsedLine } from './import-lines.ts'

/** PreviewLine tells whether a line of an import can be added. */
export interface PreviewLine {
  line: number
  status: 'ready' | 'failed' | 'skipped'
  message: string
  code: ProblemCode | null
}

/**
 * previewImport judges lines without asking the provider; `holders` are the endpoints that have a provider key already, `free` is
 * how many more there is room for.
 */
export function previewImport(
  lines: readonly ParsedLine[],
  holders: ReadonlyMap<string, string>,
  free: number,
): PreviewLine[] {
  const seen = new Map<string, number>()
  return lines.map((parsed) => {
    const { line } = parsed
    if (parsed.kind === 'skipped') return { line, status: 'skipped', message: parsed.message, code: null }
    if (parsed.kind === 'bad') return { line, status: 'failed', message: parsed.message, code: 'invalid_input' }
    const key = parsed.request.kiotproxy_key
    const holder = holders.get(key)
    if (holder !== undefined) return refuse(line, 'duplicate_key', `${holder} has this provider key already.`)
    const before = seen.get(key)
    if (before !== undefined) return refuse(line, 'duplicate_key', `Line ${before} has this provider key already.`)
    if (seen.size === free) {
      return refuse(line, 'no_free_number', 'No free port is left for it: raise PROXY_PORT_END and restart.')
    }
    seen.set(key, line)
    return { line, status: 'ready', message: '', code: null }
  })
}

function refuse(line: number, code: ProblemCode, message: string): PreviewLine {
  return { line, status: 'failed', message, code }
}
