import { release } from '../../lib/release.ts'

/** Gather collects what comes in pieces, so that a message of a thousand pieces costs little more than one in one piece. */
export class Gather {
  #memory: Buffer | null = null
  #length = 0
  /** The memory was made here: there is room behind what is in it. */
  #isOwn = false
  /** The piece that `#memory` is, or is a part of. */
  #piece: Buffer | null = null

  get length(): number {
    return this.#length
  }

  /** All that there is, without a copy; valid until the next `add`. */
  get bytes(): Buffer {
    return this.#memory === null ? nothing : this.#memory.subarray(0, this.#length)
  }

  /** Keeps a piece; the only one there is is not copied. */
  add(piece: Buffer): void {
    if (this.#memory === null) {
      this.#memory = piece
      this.#piece = piece
      this.#length = piece.length
      this.#isOwn = false
      return
    }
    const length = this.#length + piece.length
    if (!this.#isOwn || length > this.#memory.length) {
      const larger = Buffer.allocUnsafe(2 * length)
      this.#memory.copy(larger, 0, 0, this.#length)
      this.#memory = larger
      this.#piece = null
      this.#isOwn = true
    }
    piece.copy(this.#memory, this.#length)
    this.#length = length
  }

  /** Lets go of the first bytes, which were understood. */
  skip(length: number): void {
    if (length >= this.#length) this.take()
    else {
      this.#memory = this.bytes.subarray(length)
      this.#length -= length
      this.#isOwn = false
    }
  }

  /** Lets go of all; returns it, null for nothing. */
  take(): Buffer | null {
    const taken = this.#memory === null || this.#length === 0 ? null : this.bytes
    this.#memory = null
    this.#piece = null
    this.#length = 0
    return taken
  }

  /** Lets go of all, and frees its memory now: nobody may use anything of it any more, what was skipped neither. */
  discard(): void {
    const piece = this.#piece
    this.take()
    if (piece !== null) release(piece)
  }
}

const nothing = Buffer.alloc(0)
