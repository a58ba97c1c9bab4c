import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { parse } from 'yaml'
import { z } from 'zod'

const text = z.coerce.string()

const testRequest = z.object({
  name: text,
  uri: text,
  method: text,
  version: text,
  headers: z.array(z.object({ name: text, value: text })).nullish(),
  expected: z.object({ tier: z.enum(['Compliant', 'Acceptable', 'Ambiguous', 'Severe']) }),
})

export type TestRequest = z.infer<typeof testRequest>

/** readTestRequests reads the test files of a checkout of aws/http-desync-guardian. */
export function readTestRequests(folder: string): TestRequest[] {
  const files = readdirSync(join(folder, 'tests')).filter((file) => file.endsWith('.yaml'))
  return files.sort().flatMap((file) => {
    const cases: unknown = parse(readFileSync(join(folder, 'tests', file), 'utf8'))
    return z.array(testRequest).parse(cases)
  })
}

const maxBodyBytes = 64 * 1024

/**
 * formatProxyRequest turns a test request, which is for an origin, into the same one for a proxy. Only what a client must
 * do to ask a proxy is changed:
 * - the target gets `http://authority` in front, so that the empty one becomes the URL without a path;
 * - without a field that is named Host there is one, with the authority, since HTTP/1.1 has no request without;
 * - a body follows as the fields ask for it, so that a request that is in order is whole: an empty chunked one, or as many
 *   bytes as the first readable Content-Length says.
 * All else stays as it is, byte for byte (the files' code points are bytes).
 */
export function formatProxyRequest({ method, uri, version, headers }: TestRequest, authority: string): Buffer {
  const fields = (headers ?? []).map(({ name, value }) => ({ name, value }))
  if (!fields.some(({ name }) => name.toLowerCase() === 'host')) fields.unshift({ name: 'Host', value: authority })
  const line = `${method} http://${authority}${uri}${version === '' ? '' : ` ${version}`}`
  const lines = fields.map(({ name, value }) => `${name}: ${value}`)
  return Buffer.from(`${[line, ...lines].join('\r\n')}\r\n\r\n${bodyFor(fields)}`, 'latin1')
}

function bodyFor(fields: readonly { name: string; value: string }[]): string {
  const valueOf = (wanted: string) => fields.find(({ name }) => name.toLowerCase() === wanted)?.value ?? ''
  if (valueOf('transfer-encoding').toLowerCase() === 'chunked') return '0\r\n\r\n'
  const length = /^\d+$/.test(valueOf('content-length')) ? Number(valueOf('content-length')) : 0
  return 'x'.repeat(Math.min(length, maxBodyBytes))
}
