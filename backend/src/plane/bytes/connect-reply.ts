import { bad, incomplete, whole, type Parsed } from './parsed.ts'
import { endOfLooseHead } from './mend.ts'
import { beginsAsResponse } from './response-head.ts'

/** The bound on an answer to CONNECT, in bytes: there is nothing in it but a status. */
export const maxConnectReplyBytes = 64 * 1024

const statusLine = /^HTTP\/1\.\d ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?\r?\n/

/**
 * parseConnectReply reads the status of an answer to CONNECT (RFC 9110, 9.3.6): with 2xx the tunnel begins behind the head,
 * whatever its fields say of a body.
 */
export function parseConnectReply(bytes: Buffer): Parsed<number> {
  if (!beginsAsResponse(bytes)) return bad('It does not answer in HTTP/1.1.')
  const end = endOfLooseHead(bytes)
  if ((end === -1 ? bytes.length : end) > maxConnectReplyBytes) return bad('Its response head is too large.')
  if (end === -1) return incomplete
  const [, digits] = statusLine.exec(bytes.toString('latin1', 0, end)) ?? []
  return digits === undefined ? bad('It does not answer in HTTP/1.1.') : whole(Number(digits), end)
}
