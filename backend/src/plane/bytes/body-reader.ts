/**
 * BodyReader follows a body through the pieces that carry it, without holding any of it: `take` tells how many bytes of a
 * piece belong to the body, `output` what is to be sent on for them. What follows them is the next message.
 */
export interface BodyReader {
  readonly isDone: boolean
  /** It was written so carelessly that what follows it is not believed to be another response. */
  readonly isDubious: boolean
  /** Bytes from `start` that belong to the body; -1 when the framing is malformed. */
  take(piece: Buffer, start: number): number
  /** What the last `take` gave to send on; it may lie in the piece. */
  output(piece: Buffer, start: number, taken: number): Buffer
}

/**
 * BodyManner is how a body is read: `strict` for requests, where it passes as it came or not at all; `careful` for responses,
 * where careless chunks are written anew; `unchunked` where only what is in the chunks passes.
 */
export type BodyManner = 'strict' | 'careful' | 'unchunked'
