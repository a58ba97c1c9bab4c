import type { z } from 'zod'

import { dataFile, proxyKey, session, settings, user, type DataFile, type ProxyKey } from '../contract/index.ts'
import { StartError } from '../lib/problem.ts'
import type { RowChange } from './rows.ts'
import type { Changes, State } from './state.ts'

/** What no two keys may share, and how it is read; null is nobody's. */
const unique = {
  id: (key: ProxyKey) => key.id,
  subdomain: (key: ProxyKey) => key.subdomain,
  port: (key: ProxyKey) => key.port,
  local_address: (key: ProxyKey) => key.access.local_address,
} as const satisfies Record<string, (key: ProxyKey) => string | number | null>

const fewChanges = 8

/** parseDataFile checks a whole file; the StartError names the first field that is wrong. */
export function parseDataFile(raw: unknown, path: string): DataFile {
  const result = dataFile.safeParse(raw)
  if (!result.success) throw damaged(path, describeIssue(result.error))
  const repeated = findRepeated(result.data.proxy_keys)
  if (repeated !== null) throw damaged(path, repeated)
  return result.data
}

/** checkChanges throws when what was changed breaks the schema, or makes two keys share what must be unique in `next`. */
export function checkChanges(changes: Changes, next: State): void {
  if (changes.settings !== null) settings.parse(changes.settings.after)
  checkRows(user, changes.users)
  checkRows(session, changes.sessions)
  checkRows(proxyKey, changes.keys)
  const repeated = findNewlyRepeated(changes.keys, next.keys.list)
  if (repeated !== null) throw new TypeError(repeated)
}

/** What was not touched is unique as it was: a few that came or changed are looked for, for many one look at all is cheaper. */
function findNewlyRepeated(changes: readonly RowChange<ProxyKey>[], keys: readonly ProxyKey[]): string | null {
  if (changes.length > fewChanges) return findRepeated(keys)
  for (const [field, read] of Object.entries(unique)) {
    for (const { before, after } of changes) {
      const value = after === null ? null : read(after)
      if (value === null || (before !== null && read(before) === value)) continue
      if (keys.some((key) => key !== after && read(key) === value)) return describeRepeated(field, value)
    }
  }
  return null
}

function checkRows<T extends object>(schema: z.ZodType<T>, changes: readonly RowChange<T>[]): void {
  for (const { after } of changes) if (after !== null) schema.parse(after)
}

function findRepeated(keys: readonly ProxyKey[]): string | null {
  for (const [field, read] of Object.entries(unique)) {
    const seen = new Set<string | number>()
    for (const key of keys) {
      const value = read(key)
      if (value === null) continue
      if (seen.has(value)) return describeRepeated(field, value)
      seen.add(value)
    }
  }
  return null
}

function describeRepeated(field: string, value: string | number): string {
  return `proxy_keys: two keys have the ${field} ${value}`
}

function damaged(path: string, reason: string): StartError {
  return new StartError(
    `${path} is damaged: ${reason}. Nothing was changed. The last good copy is ${path}.bak: compare the two, then repair the file or copy that one over it.`,
  )
}

function describeIssue(error: z.ZodError): string {
  const issue = error.issues[0]
  if (!issue) return 'it does not have the expected form'
  const where = issue.path.length === 0 ? 'the file' : issue.path.join('.')
  return `${where}: ${issue.message}`
}
