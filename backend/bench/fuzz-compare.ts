import type { ResponseHead } from '../src/plane/bytes/response-head.ts'
import { findReason, isTabBehindChunked } from './fuzz-reasons.ts'
import type { Mutant } from './fuzz-mutants.ts'
import { readOurselves, type OwnReading } from './fuzz-reading.ts'
import { checkWriters } from './fuzz-writers.ts'
import { readWithLlhttp, type LlhttpReading } from './llhttp.ts'

/** Comparison is how our readers and llhttp stand to each other over one mutant; a problem is what must not be. */
export type Comparison =
  | { kind: 'both took it' | 'both refused it' | 'only llhttp took it' | 'not all there' }
  /** We took what llhttp refused, for a reason that is known. */
  | { kind: 'only we took it'; reason: string }
  | { kind: 'problem'; problem: string }

/** compare reads a mutant with both, and lets llhttp read what our writers make of it. Throws what a reader throws. */
export function compare(mutant: Mutant): Comparison {
  const llhttp = readWithLlhttp(mutant.type, mutant.bytes, mutant.method)
  const { own, problem } = readOurselves(mutant)
  const wrong = problem ?? compareFraming(own, llhttp) ?? (own.head === null ? null : checkWriters(mutant, own, llhttp))
  if (wrong !== null) return { kind: 'problem', problem: wrong }
  if (own.verdict === 'refused')
    return { kind: llhttp.verdict === 'refused' ? 'both refused it' : 'only llhttp took it' }
  if (own.head === null) return { kind: llhttp.verdict === 'refused' ? 'both refused it' : 'not all there' }
  if (llhttp.verdict !== 'refused') return { kind: own.verdict === 'whole' ? 'both took it' : 'not all there' }
  return explain(mutant, own, llhttp)
}

function explain(mutant: Mutant, own: OwnReading, { headBytes, complaint }: LlhttpReading): Comparison {
  const part = headBytes === -1 ? 'head' : 'body'
  // Of a line in it whose end has not come we say nothing yet.
  if (part === 'body' && own.verdict === 'incomplete') return { kind: 'not all there' }
  const reason = findReason(mutant, own, part, complaint)
  if (reason !== null) return { kind: 'only we took it', reason }
  return { kind: 'problem', problem: `llhttp refuses the ${part} of what we take: ${complaint}` }
}

/** What both take must be the same message to both. */
function compareFraming(own: OwnReading, llhttp: LlhttpReading): string | null {
  if (own.head === null) {
    const isAhead = own.verdict === 'incomplete' && llhttp.headBytes !== -1
    return isAhead ? `we wait for a head that llhttp has (${llhttp.headBytes} bytes)` : null
  }
  if (llhttp.headBytes === -1) return llhttp.verdict === 'incomplete' ? 'llhttp waits for a head that we have' : null
  const heads = compareHeads(own, llhttp)
  if (heads !== null) return heads
  if (isTabBehindChunked(own)) return null
  if (own.verdict === 'refused' || llhttp.verdict === 'refused') return null
  if (own.verdict !== llhttp.verdict) return `the body is ${own.verdict} to us, ${llhttp.verdict} to llhttp`
  if (own.bytes !== llhttp.bytes) return `the message ends at ${own.bytes} for us, at ${llhttp.bytes} for llhttp`
  return own.body.equals(llhttp.body) ? null : 'the bodies differ'
}

function compareHeads(own: OwnReading, llhttp: LlhttpReading): string | null {
  const { head, headBytes } = own
  if (head === null) return null
  if (headBytes !== llhttp.headBytes) return `the head ends at ${headBytes} for us, at ${llhttp.headBytes} for llhttp`
  if (head.minor !== llhttp.minor) return `the versions are 1.${head.minor} and 1.${llhttp.minor}`
  if ('method' in head)
    return head.method === llhttp.method ? null : `the methods are ${head.method} and ${llhttp.method}`
  if (head.status !== llhttp.status) return `the statuses are ${head.status} and ${llhttp.status}`
  return isTabBehindChunked(own) ? null : compareEnds(head, llhttp)
}

function compareEnds(
  { framing }: ResponseHead,
  { isUntilClose, verdict, bytes, headBytes }: LlhttpReading,
): string | null {
  // Of HEAD llhttp knows nothing here: its body was not read.
  const isBodyless = framing.kind === 'none' && verdict === 'whole' && bytes === headBytes
  return isBodyless || (framing.kind === 'close') === isUntilClose
    ? null
    : `only one reads until the end: ${framing.kind}`
}
