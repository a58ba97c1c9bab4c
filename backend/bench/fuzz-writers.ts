import { formatBasic } from '../src/plane/bytes/basic.ts'
import { untilClose, type Framing } from '../src/plane/bytes/framing.ts'
import { isPlain, type RequestHead } from '../src/plane/bytes/request-head.ts'
import type { ResponseHead } from '../src/plane/bytes/response-head.ts'
import {
  writeInterimHead,
  writeRequestHead,
  writeResponseHead,
  type ClientSide,
  type RequestForm,
} from '../src/plane/bytes/write-head.ts'
import { isAboutExtensions, isKeptAsItIs } from './fuzz-reasons.ts'
import type { Mutant } from './fuzz-mutants.ts'
import type { OwnReading } from './fuzz-reading.ts'
import { readWithLlhttp, type LlhttpReading } from './llhttp.ts'

const authorization = formatBasic({ username: 'a', password: 'b' })
const forms: readonly RequestForm[] = [
  { form: 'absolute', authorization },
  { form: 'origin', authorization: null },
]
const clients: readonly ClientSide[] = [
  { isKept: true, minor: 1 },
  { isKept: false, minor: 1 },
  { isKept: false, minor: 0 },
]
/** What is behind the message: it must not be taken for a part of it. */
const behind = Buffer.from('GET / HTTP/1.1\r\n')
const chunked = Buffer.from('5\r\nhello\r\n0\r\n\r\n')
const maxLength = 64 * 1024

type Field = LlhttpReading['fields'][number]

/** checkWriters tells what is wrong with the heads that we write for this one: llhttp must read the same message in them. */
export function checkWriters(mutant: Mutant, own: OwnReading, read: LlhttpReading): string | null {
  const { head } = own
  if (head === null) return null
  if ('method' in head) return checkRequest(head, read)
  return checkResponse(head, mutant.method, read) ?? (head.framing.kind === 'chunked' ? checkChunks(own) : null)
}

/** The chunks that we send on, mended or not, hold for llhttp what they held for us. */
function checkChunks({ verdict, body, passed }: OwnReading): string | null {
  if (verdict !== 'whole') return null
  const reading = readWithLlhttp('response', Buffer.concat([chunkedHead, passed, behind]), 'GET')
  if (reading.verdict === 'refused' && isAboutExtensions(reading.complaint)) return null
  const isSame = reading.verdict === 'whole' && reading.bytes === chunkedHead.length + passed.length
  return isSame && reading.body.equals(body)
    ? null
    : `llhttp reads other chunks in what we send on: ${reading.complaint}`
}

const chunkedHead = Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')

function checkRequest(head: RequestHead, read: LlhttpReading): string | null {
  if (!isPlain(head)) return null
  for (const form of forms) {
    const written = writeRequestHead(head, form)
    const { reading, problem } = readWritten('request', written, head.framing, head.method)
    if (reading.headBytes === -1 && isKeptAsItIs(reading.complaint)) continue
    if (problem !== null) return `${problem} (written as ${form.form})`
    if (reading.method !== head.method) return `we wrote ${head.method}, llhttp reads ${reading.method}`
    const hosts = reading.fields.filter(([name]) => name === 'host').map(([, value]) => value)
    if (hosts.length !== 1 || hosts[0] !== head.target.authority) return `the Host we wrote is ${hosts.join(' and ')}`
    const own = reading.fields.filter(([name]) => name === 'proxy-authorization').map(([, value]) => value)
    if (own.join() !== (form.authorization ?? '')) return 'the credentials we wrote are not those for the next hop'
    const other = compareFields(read, reading)
    if (other !== null) return other
  }
  return null
}

function checkResponse(head: ResponseHead, method: string, read: LlhttpReading): string | null {
  // What llhttp refuses as it came it takes as it was mended.
  const before = read.headBytes === -1 ? readWithLlhttp('response', head.raw, method) : read
  for (const client of clients) {
    const isInterim = head.status < 200
    const written = isInterim ? writeInterimHead(head) : writeResponseHead(head, client)
    const isUnchunked = client.minor === 0 && head.framing.kind === 'chunked'
    const { reading, problem } = readWritten('response', written, isUnchunked ? untilClose : head.framing, method)
    if (problem !== null) return problem
    if (reading.status !== head.status) return `we wrote ${head.status}, llhttp reads ${reading.status}`
    const other = compareFields(before, reading)
    if (other !== null) return other
  }
  return null
}

/** Lets llhttp read what was written with a body that is framed like this, and something behind it. */
function readWritten(
  type: Mutant['type'],
  written: Buffer,
  framing: Framing,
  method: string,
): { reading: LlhttpReading; problem: string | null } {
  const isShort = framing.kind !== 'length' || framing.length <= maxLength
  const body = isShort ? bodyOf(framing) : Buffer.alloc(maxLength)
  const reading = readWithLlhttp(type, Buffer.concat([written, body, isShort ? behind : noBytes]), method)
  if (reading.headBytes !== written.length) {
    return { reading, problem: `llhttp does not take the head we wrote: ${reading.complaint}` }
  }
  const isUntilClose = framing.kind === 'close'
  const end = written.length + body.length + (isUntilClose ? behind.length : 0)
  const isRight = isShort ? reading.verdict === 'whole' && reading.bytes === end : reading.verdict === 'incomplete'
  return { reading, problem: isRight ? null : `llhttp reads another length than ${framing.kind} in what we wrote` }
}

const noBytes = Buffer.alloc(0)

function bodyOf(framing: Framing): Buffer {
  if (framing.kind === 'length') return Buffer.alloc(framing.length, 'x')
  return framing.kind === 'chunked' ? chunked : noBytes
}

const ofOneHop = /^(?:host|content-length|transfer-encoding|connection|keep-alive|te|upgrade|proxy-.*)$/
/** A field that Connection must not name, or whose name is an option there. */
const neverOwn = new Set(['close', 'host', 'content-length', 'transfer-encoding', 'cache-control', 'expect'])

/** All fields must come through in their order, with their values, but for those of one connection. */
function compareFields(before: LlhttpReading, after: LlhttpReading): string | null {
  if (before.headBytes === -1) return null
  const nominated = new Set(before.fields.filter(([name]) => name === 'connection').flatMap(optionsOf))
  const expected = before.fields.filter(([name]) => !ofOneHop.test(name) && !nominated.has(name))
  const found = after.fields.filter(([name]) => !ofOneHop.test(name))
  const [one, two] = [JSON.stringify(expected), JSON.stringify(found)]
  return one === two ? null : `the fields that pass are ${two}, not ${one}`
}

function optionsOf([, value]: Field): string[] {
  const options = value.toLowerCase().split(',')
  return options.map((option) => option.replace(/^[ \t]+|[ \t]+$/g, '')).filter((option) => !neverOwn.has(option))
}
