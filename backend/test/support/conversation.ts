import type { UpstreamFailure } from '../../src/plane/upstream/failure.ts'
import type { Handshake } from '../../src/plane/upstream/handshake.ts'

/** Outcome is how a handshake ended: what was said in it, and how many bytes were left over. */
export type Outcome =
  | { kind: 'open'; said: string[]; left: number }
  | { kind: 'failed'; said: string[]; failure: UpstreamFailure }
  | { kind: 'more'; said: string[] }

/** converse leads a handshake through what an upstream sends, in pieces, as a dial does. What it says is hexadecimal. */
export function converse(handshake: Handshake, pieces: readonly Buffer[]): Outcome {
  const said: string[] = []
  let received = Buffer.alloc(0)
  for (const piece of pieces) {
    received = Buffer.concat([received, piece])
    while (received.length > 0) {
      const progress = handshake.next(received)
      if (progress.kind === 'more') break
      if (progress.kind === 'failed') return { kind: 'failed', said, failure: progress.failure }
      received = received.subarray(progress.taken)
      if (progress.kind === 'open') return { kind: 'open', said, left: received.length }
      if (progress.bytes !== null) said.push(progress.bytes.toString('hex'))
    }
  }
  return { kind: 'more', said }
}

/** inTwo are all ways to send these bytes in two pieces. */
export function inTwo(bytes: Buffer): Buffer[][] {
  return Array.from({ length: bytes.length + 1 }, (_, cut) => [bytes.subarray(0, cut), bytes.subarray(cut)])
}

/** byteByByte are these bytes, each as a piece. */
export function byteByByte(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (octet) => Buffer.from([octet]))
}
