import type { BodyManner, BodyReader } from './body-reader.ts'
import { ChunkedBody } from './chunked-body.ts'
import type { Framing } from './framing.ts'

/** createBodyReader reads a body that is framed like this. */
export function createBodyReader(framing: Framing, manner: BodyManner): BodyReader {
  switch (framing.kind) {
    case 'none':
      return empty
    case 'length':
      return new LengthBody(framing.length)
    case 'chunked':
      return new ChunkedBody(manner)
    case 'close':
      return endless
    default:
      return framing satisfies never
  }
}

function part(piece: Buffer, start: number, taken: number): Buffer {
  return start === 0 && taken === piece.length ? piece : piece.subarray(start, start + taken)
}

const empty: BodyReader = { isDone: true, isDubious: false, take: () => 0, output: part }

/** It ends with the connection. */
const endless: BodyReader = {
  isDone: false,
  isDubious: false,
  take: (piece, start) => piece.length - start,
  output: part,
}

class LengthBody implements BodyReader {
  readonly isDubious = false
  readonly output = part
  #left: number

  constructor(length: number) {
    this.#left = length
  }

  get isDone(): boolean {
    return this.#left === 0
  }

  take(piece: Buffer, start: number): number {
    const taken = Math.min(this.#left, piece.length - start)
    this.#left -= taken
    return taken
  }
}
