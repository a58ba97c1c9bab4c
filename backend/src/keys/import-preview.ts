import type { ImportReason, ProblemCode, Region } from '../contract/index.ts'
import { maskKey } from '../lib/mask.ts'
import type { Fields } from './import-fields.ts'
import type { ParsedLine } from './import-lines.ts'
import { findRegion } from './import-regions.ts'
import type { Place } from '../endpoints/numbers.ts'

/** LineFields are what a line was understood as; `key` is masked. */
export interface LineFields {
  name: string | null
  key: string | null
  region: Region | null
}

/** PreviewLine tells whether a line of an import can be added, and at which place. */
export interface PreviewLine {
  line: number
  status: 'ready' | 'failed' | 'skipped'
  message: string
  code: ProblemCode | null
  reason: ImportReason | null
  fields: LineFields
  /** What it gets if those above it are added too; null where it can't be added. */
  place: Place | null
}

const noFields: LineFields = { name: null, key: null, region: null }

/** describeFields says what a line was understood as, the key masked. */
export function describeFields(parsed: ParsedLine): LineFields {
  if (parsed.kind === 'skipped') return noFields
  if (parsed.kind === 'bad') return parsed.fields === null ? noFields : describeBad(parsed.fields)
  const { key_name = null, kiotproxy_key, region } = parsed.request
  return { name: key_name, key: maskKey(kiotproxy_key), region }
}

function describeBad({ name, key, region }: Fields): LineFields {
  return { name: name === '' ? null : name, key: key === '' ? null : maskKey(key), region: findRegion(region) }
}

/**
 * previewImport judges lines without asking the provider; `holders` are the endpoints that have a provider key already, `places` are those
 * that are free, in the order in which they are given away.
 */
export function previewImport(
  lines: readonly ParsedLine[],
  holders: ReadonlyMap<string, string>,
  places: readonly Place[],
): PreviewLine[] {
  const seen = new Map<string, number>()
  return lines.map((parsed) => {
    const { line } = parsed
    const base = { line, fields: describeFields(parsed), reason: null, place: null }
    const refuse = (code: ProblemCode, message: string, reason: ImportReason | null = null): PreviewLine => ({
      ...base,
      status: 'failed',
      message,
      code,
      reason,
    })
    if (parsed.kind === 'skipped') {
      return { ...base, status: 'skipped', message: parsed.message, code: null, reason: parsed.reason }
    }
    if (parsed.kind === 'bad') return refuse('invalid_input', parsed.message, parsed.reason)
    const key = parsed.request.kiotproxy_key
    const holder = holders.get(key)
    if (holder !== undefined) return refuse('duplicate_key', `${holder} has this provider key already.`)
    const above = seen.get(key)
    if (above !== undefined) {
      return refuse('duplicate_key', `Line ${above} has this provider key already.`, 'same_key_above')
    }
    const place = places[seen.size]
    if (place === undefined) {
      return refuse('no_free_number', 'No free port is left for it: raise PROXY_PORT_END and restart.')
    }
    seen.set(key, line)
    return { ...base, status: 'ready', message: '', code: null, place }
  })
}
