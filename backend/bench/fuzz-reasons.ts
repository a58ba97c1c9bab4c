import { METHODS } from 'node:http'

import { hasTabBehind } from '../src/plane/bytes/framing.ts'
import type { RequestHead } from '../src/plane/bytes/request-head.ts'
import type { ResponseHead } from '../src/plane/bytes/response-head.ts'
import type { Mutant } from './fuzz-mutants.ts'
import type { OwnReading } from './fuzz-reading.ts'

/** Reason is why we take what llhttp refuses with one of these complaints, where a message is of that kind. */
interface Reason {
  readonly of: 'request head' | 'request body' | 'response head' | 'response body'
  readonly complaint: RegExp
  readonly holds: (bytes: Buffer, own: OwnReading) => boolean
  readonly why: string
}

const reasons: readonly Reason[] = [
  {
    of: 'request head',
    complaint: /method/i,
    holds: (_, { head }) => head !== null && 'method' in head && !METHODS.includes(head.method),
    why: 'a method that is not on its list passes: others may be defined at any time (RFC 9110, 9.1)',
  },
  {
    of: 'request head',
    complaint: /^Invalid char in url/,
    holds: (_, { head }) => head !== null && 'method' in head && /[\x80-\xff]/.test(requestLineOf(head)),
    why: 'octets over 127 in a path pass as they are, as clients and sites have always used them',
  },
  {
    of: 'request head',
    complaint: /^Duplicate Content-Length/,
    holds: (_, { head }) => head?.framing.kind === 'length' || head?.framing.kind === 'none',
    why: 'the same length twice is one length (RFC 9110, 8.6), and is written once',
  },
  {
    of: 'request head',
    complaint: /Content-Length$|Transfer-Encoding$|invalid.*Transfer-Encoding/i,
    holds: (_, { head }) => head !== null && hasTabInFraming(head),
    why: 'a tab behind a value is no part of it (RFC 9110, 5.5); it is not written',
  },
  {
    of: 'request body',
    complaint: /^Request has invalid `Transfer-Encoding`/,
    holds: (_, { head }) => head !== null && hasTabInFraming(head),
    why: 'a tab behind chunked is no part of it (RFC 9110, 5.5); it is not written',
  },
  {
    of: 'request body',
    complaint: /chunk ext/,
    holds: (bytes) => bytes.includes(';'),
    why: 'an extension of a chunk passes whatever is in it: it ends with its line, which nobody reads in another way',
  },
  {
    of: 'request body',
    complaint: /chunk size/,
    holds: (bytes) => /[0-9a-f][ \t]+;/i.test(bytes.toString('latin1')),
    why: 'blanks before an extension are allowed (RFC 9112, 7.1.1)',
  },
  {
    of: 'response head',
    complaint: /^Missing expected CR|^Invalid response status/,
    holds: (bytes, own) => isMended(bytes, own) && /[^\r]\n/.test(bytes.toString('latin1')),
    why: 'lines that end with LF alone are written anew (RFC 9112, 2.2)',
  },
  {
    of: 'response head',
    complaint: /^Invalid header token|^Invalid header field char/,
    holds: isMended,
    why: 'blanks before a colon are removed, a line whose name is no token is dropped (RFC 9112, 5.1)',
  },
  {
    of: 'response head',
    complaint: /^Invalid header value char|^Missing expected LF after header value|^Expected LF after CR/,
    holds: isMended,
    why: 'control characters in a value become blanks (RFC 9110, 5.5)',
  },
  {
    of: 'response head',
    complaint: /^Unexpected whitespace after header value/,
    holds: isMended,
    why: 'folded lines are written as one (RFC 9112, 5.2)',
  },
  {
    of: 'response head',
    complaint: /^Unexpected space after start line/,
    holds: isMended,
    why: 'lines behind the status line that begin with a blank are dropped (RFC 9112, 2.2)',
  },
  {
    of: 'response head',
    complaint: /^Invalid HTTP version/,
    holds: (bytes) => /^HTTP\/1\.[2-9] /.test(bytes.toString('latin1')),
    why: 'a later minor version is read as 1.1 (RFC 9110, 2.5)',
  },
  {
    of: 'response head',
    complaint: /^Duplicate Content-Length|^Invalid character in Content-Length/,
    holds: isDubious,
    why: 'the same length twice, or a tab behind it, is one length, is written clean, and nothing is believed behind it',
  },
  {
    of: 'response head',
    complaint: /can't be present with|^Empty Content-Length|^Content-Length overflow/,
    holds: isDubious,
    why: 'a coding goes before a length, whatever that says, identity is nothing (RFC 9112, 6.3): one is written, nothing is believed behind it',
  },
  {
    of: 'response body',
    complaint: /chunk ext/,
    holds: (bytes) => bytes.includes(';'),
    why: 'an extension of a chunk passes whatever is in it: it ends with its line',
  },
  {
    of: 'response body',
    complaint: /chunk size/,
    holds: (bytes, own) => isRewritten(bytes, own) || /[0-9a-f][ \t]+;/i.test(bytes.toString('latin1')),
    why: 'a padded size, or a line that ends with LF alone, is written anew, and nothing is believed behind it',
  },
  {
    of: 'response body',
    complaint: /chunk data/,
    holds: isRewritten,
    why: 'data before LF alone gets its CR, and nothing is believed behind it',
  },
  {
    of: 'response body',
    complaint: /header|can't be present with|Content-Length|Transfer-Encoding|^Expected LF after CR/,
    holds: isRewritten,
    why: 'trailers that are none, or say what only a head may say, are dropped (RFC 9110, 6.5.1)',
  },
]

/**
 * isTabBehindChunked tells of the one kind of message that both take and frame in two ways: a tab behind `chunked` is to
 * llhttp a part of it, so that it sees another coding. It is none (RFC 9110, 5.5); we write the field without it, and believe
 * nothing behind such an answer.
 */
export function isTabBehindChunked({ head }: OwnReading): boolean {
  return head !== null && hasTabInFraming(head) && (isResponse(head) ? head.isDubious : head.framing.kind === 'chunked')
}

/** findReason tells why we take what llhttp complains of; null where there is no reason. */
export function findReason(
  { type, bytes }: Mutant,
  own: OwnReading,
  part: 'head' | 'body',
  complaint: string,
): string | null {
  const of = `${type} ${part}` as const
  const found = reasons.find(
    (reason) => reason.of === of && reason.complaint.test(complaint) && reason.holds(bytes, own),
  )
  return found === undefined ? null : `${of}: ${found.why}`
}

/** isKeptAsItIs tells whether a complaint is about what we do not write anew in a request. */
export function isKeptAsItIs(complaint: string): boolean {
  return reasons.slice(0, 2).some((reason) => reason.complaint.test(complaint))
}

/** isAboutExtensions tells whether a complaint is about extensions of chunks, which pass. */
export function isAboutExtensions(complaint: string): boolean {
  return /chunk ext|chunk size/.test(complaint)
}

function isMended(bytes: Buffer, { head, headBytes }: OwnReading): boolean {
  return head !== null && !head.raw.equals(bytes.subarray(0, headBytes))
}

function isDubious(_: Buffer, { head }: OwnReading): boolean {
  return isResponse(head) && head.isDubious
}

function isRewritten(bytes: Buffer, own: OwnReading): boolean {
  return own.isBodyDubious && !own.passed.equals(bytes.subarray(own.headBytes, own.bytes))
}

function isResponse(head: OwnReading['head']): head is ResponseHead {
  return head !== null && 'status' in head
}

function hasTabInFraming({ raw, fields }: NonNullable<OwnReading['head']>): boolean {
  return fields.special.some((field) => framingNames.has(field.name) && hasTabBehind(raw, field))
}

const framingNames = new Set<string>(['content-length', 'transfer-encoding'])

function requestLineOf({ raw }: RequestHead): string {
  return raw.toString('latin1', 0, raw.indexOf('\n', raw.indexOf(' ')))
}
