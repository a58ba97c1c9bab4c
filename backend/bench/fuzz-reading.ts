import { createBodyReader } from '../src/plane/bytes/body.ts'
import type { BodyManner } from '../src/plane/bytes/body-reader.ts'
import type { Framing } from '../src/plane/bytes/framing.ts'
import type { Parsed } from '../src/plane/bytes/parsed.ts'
import { parseRequestHead, type RequestHead } from '../src/plane/bytes/request-head.ts'
import { parseResponseHead, type ResponseHead } from '../src/plane/bytes/response-head.ts'
import type { Mutant } from './fuzz-mutants.ts'

/** OwnReading is what our readers make of the first message in some bytes. */
export interface OwnReading {
  readonly verdict: 'whole' | 'incomplete' | 'refused'
  /** Null where no head came about. */
  readonly head: RequestHead | ResponseHead | null
  readonly headBytes: number
  readonly bytes: number
  /** What is in the body, without its chunks. */
  readonly body: Buffer
  /** The body as it is sent on. */
  readonly passed: Buffer
  /** The body was written carelessly. */
  readonly isBodyDubious: boolean
}

const nothing = Buffer.alloc(0)
const noHead = { head: null, headBytes: -1, bytes: 0, body: nothing, passed: nothing, isBodyDubious: false }

/** readOurselves reads a mutant; `problem` is where it depends on the pieces that it comes in. */
export function readOurselves(mutant: Mutant): { own: OwnReading; problem: string | null } {
  const { bytes, cut } = mutant
  const parsed = parseHead(mutant, bytes)
  const early = parseHead(mutant, bytes.subarray(0, cut))
  const isSteady =
    early.kind === 'incomplete' ||
    (early.kind === 'whole' ? parsed.kind === 'whole' && parsed.bytes === early.bytes : parsed.kind === 'bad')
  const problem = isSteady ? null : `the first ${cut} bytes are ${early.kind}, all of them ${parsed.kind}`
  if (parsed.kind !== 'whole') {
    const verdict = parsed.kind === 'bad' ? 'refused' : 'incomplete'
    return { own: { ...noHead, verdict }, problem }
  }
  const head = parsed.value
  const rest = bytes.subarray(parsed.bytes)
  const manner = mutant.type === 'request' ? 'strict' : 'careful'
  const inOne = readBody(head.framing, manner, [rest])
  const at = Math.min(cut, rest.length)
  const inTwo = readBody(head.framing, manner, [rest.subarray(0, at), rest.subarray(at)])
  const { passed: body } = readBody(head.framing, 'unchunked', [rest])
  const { taken, ...others } = inOne
  const own = { ...others, head, headBytes: parsed.bytes, bytes: parsed.bytes + taken, body }
  return { own, problem: problem ?? compareBodies(inOne, inTwo) }
}

function parseHead({ type, method }: Mutant, bytes: Buffer): Parsed<RequestHead | ResponseHead> {
  return type === 'request' ? parseRequestHead(bytes) : parseResponseHead(bytes, method)
}

interface BodyReading {
  verdict: OwnReading['verdict']
  taken: number
  passed: Buffer
  isBodyDubious: boolean
}

function readBody(framing: Framing, manner: BodyManner, pieces: readonly Buffer[]): BodyReading {
  const reader = createBodyReader(framing, manner)
  const outputs: Buffer[] = []
  const ended = (verdict: OwnReading['verdict']): BodyReading => {
    return { verdict, taken, passed: Buffer.concat(outputs), isBodyDubious: reader.isDubious }
  }
  let taken = 0
  for (const piece of pieces) {
    if (reader.isDone) break
    const length = reader.take(piece, 0)
    outputs.push(Buffer.from(reader.output(piece, 0, Math.max(0, length))))
    if (length === -1) return ended('refused')
    taken += length
  }
  return ended(reader.isDone || framing.kind === 'close' ? 'whole' : 'incomplete')
}

function compareBodies(one: BodyReading, two: BodyReading): string | null {
  if (one.verdict !== two.verdict) return `the body is ${one.verdict} in one piece, ${two.verdict} in two`
  if (one.verdict === 'refused') return null
  if (one.taken !== two.taken || !one.passed.equals(two.passed)) return 'the body is another in two pieces'
  return null
}
