import { pieces, requests, responses } from './fuzz-corpus.ts'
import type { MessageType } from './llhttp.ts'

const maxMutations = 4
const maxBytes = 16 * 1024
const methods = ['GET', 'GET', 'GET', 'HEAD', 'POST']

/** Mutant is a message that is nearly good, and the method that it answers where it is a response. */
export interface Mutant {
  readonly type: MessageType
  readonly method: string
  readonly bytes: Buffer
  /** A place in it where it may come in two pieces. */
  readonly cut: number
}

/** Random gives the same numbers for the same seed (mulberry32). */
class Random {
  #state: number

  constructor(seed: number) {
    this.#state = Math.imul(seed, 0x9e37_79b1)
  }

  /** From 0 to `limit` without it. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0
    let value = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((((value ^ (value >>> 14)) >>> 0) / 2 ** 32) * limit) | 0
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }
}

type Mutation = (text: string, random: Random, corpus: readonly string[]) => string

/** createMutant makes the one mutant that belongs to a seed. */
export function createMutant(seed: number): Mutant {
  const random = new Random(seed)
  const type = random.below(2) === 0 ? 'request' : 'response'
  const corpus = type === 'request' ? requests : responses
  let text = random.pick(corpus)
  for (let left = random.below(maxMutations + 1); left > 0; left--) text = random.pick(mutations)(text, random, corpus)
  const bytes = Buffer.from(text.slice(0, maxBytes), 'latin1')
  return { type, method: random.pick(methods), bytes, cut: random.below(bytes.length + 1) }
}

const mutations: readonly Mutation[] = [
  function flipBit(text, random) {
    const at = random.below(text.length)
    return replace(text, at, at + 1, String.fromCharCode(text.charCodeAt(at) ^ (1 << random.below(8))))
  },
  function changeByte(text, random) {
    const at = random.below(text.length)
    return replace(text, at, at + 1, String.fromCharCode(random.below(256)))
  },
  function insertPiece(text, random) {
    const at = random.below(text.length + 1)
    return replace(text, at, at, random.pick(pieces))
  },
  function insertPieceAtLine(text, random) {
    const at = lineStart(text, random)
    return replace(text, at, at, random.pick(pieces))
  },
  function insertPieceBesideMark(text, random) {
    const marks = [...text.matchAll(/[:;,\r\n ]/g)].map(({ index }) => index + random.below(2))
    const at = marks.length === 0 ? 0 : random.pick(marks)
    return replace(text, at, at, random.pick(pieces))
  },
  function deleteSome(text, random) {
    const at = random.below(text.length)
    return replace(text, at, at + 1 + random.below(random.below(4) === 0 ? 30 : 2), '')
  },
  function duplicateLine(text, random) {
    const start = lineStart(text, random)
    const to = lineStart(text, random)
    return replace(text, to, to, lineAt(text, start))
  },
  function deleteLine(text, random) {
    const start = lineStart(text, random)
    return replace(text, start, start + lineAt(text, start).length, '')
  },
  function swapLineEnd(text, random) {
    const ends = [...text.matchAll(/\r?\n/g)]
    if (ends.length === 0) return text
    const end = random.pick(ends)
    return replace(
      text,
      end.index,
      end.index + end[0].length,
      random.pick(['\n', '\r', '\r\n', '\r\r\n', '\n\r', ' \r\n', '\r\n ']),
    )
  },
  function swapAllLineEnds(text) {
    return text.replaceAll('\r\n', '\n')
  },
  function changeNumber(text, random) {
    const numbers = [...text.matchAll(/[0-9a-f]+/g)]
    if (numbers.length === 0) return text
    const number = random.pick(numbers)
    return replace(text, number.index, number.index + number[0].length, random.pick(boundaries))
  },
  function changeCase(text, random) {
    const at = random.below(text.length)
    const end = at + 1 + random.below(8)
    return replace(text, at, end, text.slice(at, end).toUpperCase())
  },
  function splice(text, random, corpus) {
    const other = random.pick(corpus)
    return text.slice(0, lineStart(text, random)) + other.slice(lineStart(other, random))
  },
  function cutOff(text, random) {
    return text.slice(0, random.below(text.length + 1))
  },
  function append(text, random, corpus) {
    return text + random.pick(corpus)
  },
]

/** Numbers, and an empty one, at which readers have gone wrong. */
const boundaries = (
  '0 00 1 -1 +1 5 05 7f 80 ff 100 099 199 204 304 999 65535 65536 7fffffff ffffffff 4294967296 9007199254740993 ' +
  '999999999999999 1000000000000000 18446744073709551615 18446744073709551616 fffffffffffffffff 0x5 5.0 1e1 '
).split(' ')

function replace(text: string, start: number, end: number, by: string): string {
  return text.slice(0, start) + by + text.slice(end)
}

function lineStart(text: string, random: Random): number {
  return text.lastIndexOf('\n', random.below(text.length + 1)) + 1
}

function lineAt(text: string, start: number): string {
  const end = text.indexOf('\n', start)
  return text.slice(start, end === -1 ? text.length : end + 1)
}
