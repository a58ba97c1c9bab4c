import type { z } from 'zod'

import { dataFile, proxyKey, session, settings, user, type DataFile } from '../contract/index.ts'
import { StartError } from '../lib/problem.ts'

/** parseDataFile checks a whole file; the StartError names the first field that is wrong. */
export function parseDataFile(raw: unknown, path: string): DataFile {
  const result = dataFile.safeParse(raw)
  if (!result.success) throw damaged(path, describeIssue(result.error))
  const repeated = findRepeated(result.data)
  if (repeated !== null) throw damaged(path, repeated)
  return result.data
}

/** checkChange throws when what a change touched breaks the schema or makes two keys share what must be unique. */
export function checkChange(previous: DataFile, next: DataFile): void {
  if (next.settings !== previous.settings) settings.parse(next.settings)
  checkRows(user, previous.users, next.users)
  checkRows(session, previous.sessions, next.sessions)
  checkRows(proxyKey, previous.proxy_keys, next.proxy_keys)
  if (areSamePlaces(previous.proxy_keys, next.proxy_keys)) return
  const repeated = findRepeated(next)
  if (repeated !== null) throw new TypeError(repeated)
}

function checkRows<T>(schema: z.ZodType<T>, previous: readonly T[], next: readonly T[]): void {
  if (next === previous) return
  // Most changes touch one row and leave the others where they are: these need no look.
  const known = next.length === previous.length ? null : new Set(previous)
  next.forEach((row, index) => {
    const isKnown = known === null ? row === previous[index] : known.has(row)
    if (!isKnown) schema.parse(row)
  })
}

/** Whether no key came, went or changed what must be unique. */
function areSamePlaces(previous: DataFile['proxy_keys'], next: DataFile['proxy_keys']): boolean {
  if (next.length !== previous.length) return false
  return next.every((key, index) => {
    const before = previous[index]
    if (key === before) return true
    return key.id === before?.id && key.subdomain === before.subdomain && key.port === before.port
  })
}

function findRepeated(data: DataFile): string | null {
  for (const field of ['id', 'subdomain', 'port'] as const) {
    const seen = new Set<unknown>()
    for (const key of data.proxy_keys) {
      if (seen.has(key[field])) return `proxy_keys: two keys have the ${field} ${key[field]}`
      seen.add(key[field])
    }
  }
  return null
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
