import type { Response } from './cases.ts'
import { headersOf } from './library.ts'

const maxBodyLength = 4096

/** parseResponse reads an answer as the suite does: forgivingly, its head and what came of its body. Null for no answer. */
export function parseResponse(bytes: Buffer): Response | null {
  // Its texts are ASCII: other bytes are question marks to it.
  const text = bytes.toString('latin1').replace(/[\x80-\xff]/g, '?')
  const [, version = '', status = '', reason = ''] = /^(\S*) (-?\d+)(?: ([^\r\n]*))?\r?\n/.exec(text) ?? []
  if (status === '') return null
  const end = text.indexOf('\r\n\r\n')
  const lines = (end === -1 ? text : text.slice(0, end)).split(/\r?\n/).slice(1)
  return {
    StatusCode: Number(status),
    ReasonPhrase: reason,
    HttpVersion: version,
    Headers: headersOf(joinFields(lines)),
    Body: end === -1 || end + 4 >= text.length ? null : text.slice(end + 4, end + 4 + maxBodyLength),
    RawResponse: text,
    IsEmpty: false,
  }
}

function joinFields(lines: readonly string[]): Map<string, string> {
  const fields = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon < 1) continue
    const name = line.slice(0, colon).trim()
    const value = line.slice(colon + 1).trim()
    const same = [...fields.keys()].find((other) => other.toLowerCase() === name.toLowerCase())
    if (same === undefined) fields.set(name, value)
    else fields.set(same, `${fields.get(same)}, ${value}`)
  }
  return fields
}
