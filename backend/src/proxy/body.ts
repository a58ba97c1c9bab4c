import { parseFields, type Framing } from './fields.ts'

/**
 * BodyMeter follows a body through the chunks that carry it, without holding any of it: `take` tells how many bytes of a
 * chunk belong to the body. What follows them is the next message.
 */
export interface BodyMeter {
  /** Bytes from `start` that belong to the body; -1 when the framing is malformed. */
  take(chunk: Buffer, start: number): number
  isDone: boolean
}

export function createBodyMeter(framing: Framing): BodyMeter {
  switch (framing.kind) {
    case 'none':
      return { isDone: true, take: () => 0 }
    case 'length':
      return new LengthMeter(framing.length)
    case 'chunked':
      return new ChunkedMeter()
    case 'close':
      return { isDone: false, take: (chunk, start) => chunk.length - start }
    default:
      return framing satisfies never
  }
}

class LengthMeter implements BodyMeter {
  #left: number

  constructor(length: number) {
    this.#left = length
  }

  get isDone(): boolean {
    return this.#left === 0
  }

  take(chunk: Buffer, start: number): number {
    const taken = Math.min(this.#left, chunk.length - start)
    this.#left -= taken
    return taken
  }
}

const maxLineBytes = 4 * 1024
const maxTrailerBytes = 16 * 1024
const carriageReturn = 13
const lineFeed = 10

/** A trailer must not say what a head says about framing, routing or the connection (RFC 9110, 6.5.1). */
const forbiddenTrailer = /^(?:content-length|transfer-encoding|host|connection|trailer|te|upgrade|proxy-.*)$/i

/** ChunkedMeter checks the chunked coding (RFC 9112, 7.1) as it passes: sizes, line ends, trailers. */
class ChunkedMeter implements BodyMeter {
  isDone = false
  #state: 'size' | 'data' | 'data-end' | 'trailers' = 'size'
  #left = 0
  #line = ''
  #trailers = ''

  take(chunk: Buffer, start: number): number {
    let at = start
    while (at < chunk.length && !this.isDone) {
      const next = this.#state === 'data' ? this.#skipData(chunk, at) : this.#readLine(chunk, at)
      if (next === -1) return -1
      at = next
    }
    return at - start
  }

  #skipData(chunk: Buffer, at: number): number {
    const taken = Math.min(this.#left, chunk.length - at)
    this.#left -= taken
    if (this.#left === 0) this.#state = 'data-end'
    return at + taken
  }

  #readLine(chunk: Buffer, at: number): number {
    const end = chunk.indexOf(lineFeed, at)
    this.#line += chunk.toString('latin1', at, end === -1 ? chunk.length : end)
    if (this.#line.length > maxLineBytes) return -1
    if (end === -1) return chunk.length
    const isStrict = this.#line.charCodeAt(this.#line.length - 1) === carriageReturn
    const line = this.#line.slice(0, -1)
    this.#line = ''
    return isStrict && this.#accept(line) ? end + 1 : -1
  }

  #accept(line: string): boolean {
    switch (this.#state) {
      case 'size':
        return this.#acceptSize(line)
      case 'data-end':
        this.#state = 'size'
        return line === ''
      case 'trailers':
        return this.#acceptTrailer(line)
      case 'data':
        return false
      default:
        return this.#state satisfies never
    }
  }

  #acceptSize(line: string): boolean {
    const digits = /^([0-9A-Fa-f]{1,12})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?$/.exec(line)?.[1]
    if (digits === undefined) return false
    this.#left = Number.parseInt(digits, 16)
    this.#state = this.#left === 0 ? 'trailers' : 'data'
    return true
  }

  #acceptTrailer(line: string): boolean {
    if (line === '') {
      this.isDone = true
      return true
    }
    this.#trailers += `${line}\r\n`
    if (this.#trailers.length > maxTrailerBytes) return false
    const [name] = parseFields(`${line}\r\n`, 0) ?? []
    return name !== undefined && !forbiddenTrailer.test(name)
  }
}
