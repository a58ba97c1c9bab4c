import type { BodyManner, BodyReader } from './body-reader.ts'
import { isToken } from './octets.ts'
import { carriageReturn, lineFeed, octets, trimBlanks, valueOctet } from './octets.ts'

const maxLineBytes = 4 * 1024
const maxTrailerBytes = 16 * 1024
const nothing = Buffer.alloc(0)

/** A trailer must not say what a head says about framing, routing or the connection (RFC 9110, 6.5.1). */
const forbiddenTrailer =
  /^(?:content-length|transfer-encoding|host|connection|keep-alive|trailer|te|upgrade|proxy-.*)$/i

const strictSize =
  /^([0-9A-Fa-f]{1,12})(?:[ \t]*;[ \t]*[!#$%&'*+\-.^_`|~\w]+(?:[ \t]*=[ \t]*(?:[!#$%&'*+\-.^_`|~\w]+|"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)*$/
/** Some servers pad their sizes with blanks, which browsers take. */
const looseSize = /^[ \t]*([0-9A-Fa-f]{1,12})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/

type State = 'size' | 'data' | 'data-end' | 'trailers'

/** ChunkedBody reads a body in chunks (RFC 9112, 7.1). */
export class ChunkedBody implements BodyReader {
  isDone = false
  isDubious = false
  readonly #manner: BodyManner
  #state: State = 'size'
  #left = 0
  /** The start of a line whose end has not come yet; in a careful manner it was not sent on. */
  #line = ''
  #trailerBytes = 0
  /** What was written anew of the present piece, and from where on the rest of it is to be sent as it is. */
  #written: Buffer[] = []
  #from = 0
  #until = 0

  constructor(manner: BodyManner) {
    this.#manner = manner
  }

  take(piece: Buffer, start: number): number {
    if (this.#written.length > 0) this.#written = []
    this.#from = start
    this.#until = start
    let at = start
    while (at < piece.length && !this.isDone) {
      const next = this.#state === 'data' ? this.#skipData(piece, at) : this.#readLine(piece, at)
      if (next === -1) return -1
      at = next
    }
    return at - start
  }

  output(piece: Buffer, start: number, taken: number): Buffer {
    if (this.#manner === 'strict') return piece.subarray(start, start + taken)
    const rest = piece.subarray(this.#from, this.#until)
    if (this.#written.length === 0) return rest
    return this.#written.length === 1 && rest.length === 0
      ? (this.#written[0] ?? nothing)
      : Buffer.concat([...this.#written, rest])
  }

  #skipData(piece: Buffer, at: number): number {
    const taken = Math.min(this.#left, piece.length - at)
    this.#left -= taken
    if (this.#left === 0) this.#state = 'data-end'
    this.#until = at + taken
    return at + taken
  }

  #readLine(piece: Buffer, at: number): number {
    const end = piece.indexOf(lineFeed, at)
    const isHeld = this.#line !== ''
    this.#line += piece.toString('latin1', at, end === -1 ? piece.length : end)
    if (this.#line.length > maxLineBytes) return -1
    if (end === -1) return piece.length
    const isStrict = this.#line.charCodeAt(this.#line.length - 1) === carriageReturn
    if (!isStrict && this.#manner === 'strict') return -1
    const line = isStrict ? this.#line.slice(0, -1) : this.#line
    this.#line = ''
    const written = this.#accept(line)
    if (written === null) return -1
    if (!isStrict || written !== line) this.isDubious = true
    if (this.#manner !== 'strict')
      this.#pass(piece, at, end + 1, isStrict && !isHeld && written === line ? null : written)
    return end + 1
  }

  /** Notes how a line is sent on: as it stands in the piece (null), or written anew. */
  #pass(piece: Buffer, start: number, end: number, written: string | null): void {
    if (written === null && this.#manner === 'careful') {
      this.#until = end
      return
    }
    if (start > this.#from) this.#written.push(piece.subarray(this.#from, start))
    if (this.#manner === 'careful' && written !== dropped) this.#written.push(Buffer.from(`${written}\r\n`, 'latin1'))
    this.#from = end
    this.#until = end
  }

  /** The line as it is to be sent on; null where it is none. */
  #accept(line: string): string | null {
    switch (this.#state) {
      case 'size':
        return this.#acceptSize(line)
      case 'data-end':
        this.#state = 'size'
        return line === '' ? line : null
      case 'trailers':
        return this.#acceptTrailer(line)
      case 'data':
        return null
      default:
        return this.#state satisfies never
    }
  }

  #acceptSize(line: string): string | null {
    const isStrict = strictSize.test(line)
    if (!isStrict && this.#manner === 'strict') return null
    const digits = (isStrict ? strictSize : looseSize).exec(line)?.[1]
    if (digits === undefined) return null
    this.#left = Number.parseInt(digits, 16)
    this.#state = this.#left === 0 ? 'trailers' : 'data'
    return isStrict ? line : digits
  }

  #acceptTrailer(line: string): string | null {
    if (line === '') {
      this.isDone = true
      return line
    }
    this.#trailerBytes += line.length + 2
    if (this.#trailerBytes > maxTrailerBytes) return null
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon))
    const isGood = isToken(name) && !forbiddenTrailer.test(name) && isValue(line.slice(colon + 1))
    if (isGood) return line
    return this.#manner === 'strict' ? null : dropped
  }
}

/** What stands for a line that is not sent on; no line can be it. */
const dropped = '\n'

function isValue(text: string): boolean {
  const value = trimBlanks(text)
  for (let index = 0; index < value.length; index++) {
    if (((octets[value.charCodeAt(index)] ?? 0) & valueOctet) === 0) return false
  }
  return true
}
