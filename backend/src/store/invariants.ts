import type { z } from 'zod'

import {
  dataFile,
  endpoint,
  proxyKey,
  session,
  settings,
  user,
  type DataFile,
  type Endpoint,
  type ProxyKey,
} from '../contract/index.ts'
import { StartError } from '../lib/problem.ts'
import type { RowChange } from './rows.ts'
import type { Changes, State } from './state.ts'

type Fields<Row> = Readonly<Record<string, (row: Row) => string | number | null>>

/** What no two of them may share, and how it is read; null is nobody's. */
const uniqueOfKeys: Fields<ProxyKey> = { id: ({ id }) => id }
const uniqueOfEndpoints: Fields<Endpoint> = {
  id: ({ id }) => id,
  number: ({ number }) => number,
  port: ({ port }) => port,
  local_address: ({ access }) => access.local_address,
}

const fewChanges = 8

/** Path is where in the file something is. */
type Path = readonly PropertyKey[]

interface Fault {
  readonly path: Path
  readonly message: string
}

/** parseDataFile checks a whole file; the StartError names the first place that is wrong, as `placeOf` finds it in the file. */
export function parseDataFile(raw: unknown, path: string, placeOf: (path: Path) => Path = (same) => same): DataFile {
  const result = dataFile.safeParse(raw)
  const fault = result.success ? findFault(result.data) : faultOf(result.error)
  if (fault !== null) throw damaged(path, describeFault({ ...fault, path: placeOf(fault.path) }))
  if (!result.success) throw result.error
  return result.data
}

/** checkChanges throws when what was changed breaks the schema, what must be unique in `next`, or that each key is in one endpoint. */
export function checkChanges(changes: Changes, next: State): void {
  if (changes.settings !== null) settings.parse(changes.settings.after)
  checkRows(user, changes.users)
  checkRows(session, changes.sessions)
  checkRows(proxyKey, changes.keys)
  checkRows(endpoint, changes.endpoints)
  // What was not touched is as it was: a few that came or changed are looked for, for many one look at all is cheaper.
  const isMany = changes.keys.length + changes.endpoints.length > fewChanges
  const fault = isMany ? findFault(next.data) : findNewFault(changes, next)
  if (fault !== null) throw new TypeError(describeFault(fault))
}

/** damaged is the StartError for a file in which something is wrong. */
export function damaged(path: string, reason: string): StartError {
  return new StartError(
    `${path} is damaged: ${reason}. Nothing was changed. The last good copy is ${path}.bak: compare the two, then repair the file or copy that one over it.`,
  )
}

function checkRows<T extends object>(schema: z.ZodType<T>, changes: readonly RowChange<T>[]): void {
  for (const { after } of changes) if (after !== null) schema.parse(after)
}

function findFault(data: DataFile): Fault | null {
  const { proxy_keys, endpoints } = data
  return (
    findRepeated('proxy_keys', 'keys', uniqueOfKeys, proxy_keys) ??
    findRepeated('endpoints', 'endpoints', uniqueOfEndpoints, endpoints) ??
    findLoose(data)
  )
}

function findRepeated<Row>(list: string, plural: string, fields: Fields<Row>, rows: readonly Row[]): Fault | null {
  for (const [field, read] of Object.entries(fields)) {
    const places = new Map<string | number, number>()
    for (const [place, row] of rows.entries()) {
      const value = read(row)
      if (value === null) continue
      if (places.has(value)) return { path: [list, place, field], message: describeRepeated(plural, field, value) }
      places.set(value, place)
    }
  }
  return null
}

function describeRepeated(plural: string, field: string, value: string | number): string {
  return `two ${plural} have the ${field} ${value}`
}

/** Each key is in one endpoint, and each that an endpoint names is there. */
function findLoose({ proxy_keys, endpoints }: DataFile): Fault | null {
  const ids = new Set(proxy_keys.map(({ id }) => id))
  const taken = new Set<number>()
  for (const [place, { key_ids }] of endpoints.entries()) {
    const path = ['endpoints', place, 'key_ids']
    for (const id of key_ids) {
      if (!ids.has(id)) return { path, message: `there is no key with the id ${id}` }
      if (taken.has(id)) return { path, message: `another endpoint has the key with the id ${id} already` }
      taken.add(id)
    }
  }
  const place = proxy_keys.findIndex(({ id }) => !taken.has(id))
  const loose = proxy_keys[place]
  return loose ? { path: ['proxy_keys', place], message: `no endpoint has the key with the id ${loose.id}` } : null
}

function findNewFault({ keys, endpoints }: Changes, next: State): Fault | null {
  return findNewlyRepeated(endpoints, next) ?? findNewlyLoose(keys, endpoints, next)
}

function findNewlyRepeated(changes: readonly RowChange<Endpoint>[], next: State): Fault | null {
  for (const [field, read] of Object.entries(uniqueOfEndpoints)) {
    for (const { before, after } of changes) {
      const value = after === null ? null : read(after)
      if (value === null || (before !== null && read(before) === value)) continue
      if (next.endpoints.list.some((other) => other !== after && read(other) === value)) {
        return { path: ['endpoints'], message: describeRepeated('endpoints', field, value) }
      }
    }
  }
  return null
}

function findNewlyLoose(
  keys: readonly RowChange<ProxyKey>[],
  endpoints: readonly RowChange<Endpoint>[],
  next: State,
): Fault | null {
  const named = endpoints.flatMap(({ after }) => after?.key_ids ?? [])
  const unknown = named.find((id) => next.keys.find(id) === undefined)
  if (unknown !== undefined) return { path: ['endpoints'], message: `there is no key with the id ${unknown}` }
  const left = endpoints.flatMap(({ before }) => before?.key_ids ?? [])
  const came = keys.flatMap(({ before, after }) => (before === null ? [after.id] : []))
  const loose = [...left, ...came].find((id) => next.keys.find(id) !== undefined && next.endpointOf(id) === undefined)
  if (loose !== undefined) return { path: ['proxy_keys'], message: `no endpoint has the key with the id ${loose}` }
  // Each key is in an endpoint, so a difference is one that is in two, or that one names which is gone.
  if (next.namedKeys === next.keys.list.length) return null
  return { path: ['endpoints'], message: 'a key is in two of them, or one that is gone is still in one' }
}

function faultOf(error: z.ZodError): Fault {
  const issue = error.issues[0]
  return issue ? { path: issue.path, message: issue.message } : { path: [], message: 'does not have the expected form' }
}

function describeFault({ path, message }: Fault): string {
  return `${path.length === 0 ? 'the file' : path.join('.')}: ${message}`
}
