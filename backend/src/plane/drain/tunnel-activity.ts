/** A TLS record up to this length is no request: HTTP/2 sends window updates, pings and acknowledgements in such ones. */
const maxControlRecordBytes = 50
const recordHeaderBytes = 5
/** A slow answer is never waited for longer than this between two of its pieces. */
const maxAnswerPauseMs = 3_000
const answerPauseFactor = 3
const leastPatienceMs = 20

/** DrainTimes are the rules of one drain, in milliseconds; `drainMs` null is an open end. */
export interface DrainTimes {
  idleDrainMs: number
  drainMs: number | null
}

export type DrainVerdict = 'leave' | 'close-idle' | 'cut'

/**
 * TunnelActivity tells, without understanding what goes through a tunnel, whether somebody waits for something. *Awaiting*:
 * the last thing that counts went up. *Answered*: bytes came down since. Only an answered tunnel that is quiet for longer
 * than this answer has been so far can be closed without breaking anything: its client opens another for its next request.
 */
export class TunnelActivity {
  #isAwaiting = false
  #lastAt: number
  /** When bytes last came down; before that, when the tunnel was opened. */
  #lastDownAt: number
  #longestPauseMs = 0

  constructor(now: number) {
    this.#lastAt = now
    this.#lastDownAt = now
  }

  /** When bytes last went through, either way. */
  get lastAt(): number {
    return this.#lastAt
  }

  up(chunk: Buffer, now: number): void {
    this.#lastAt = now
    if (!countsAsRequest(chunk)) return
    this.#isAwaiting = true
    this.#longestPauseMs = 0
  }

  down(now: number): void {
    this.#lastAt = now
    if (!this.#isAwaiting) this.#longestPauseMs = Math.max(this.#longestPauseMs, now - this.#lastDownAt)
    this.#isAwaiting = false
    this.#lastDownAt = now
  }

  /** Judges a tunnel whose upstream was replaced at `since`. */
  judge(now: number, since: number, times: DrainTimes): DrainVerdict {
    const elapsed = now - since
    if (times.drainMs !== null && elapsed >= times.drainMs) return 'cut'
    if (this.#isAwaiting) return 'leave'
    const quietMs = now - this.#lastDownAt
    return quietMs >= this.#patience(elapsed, times) ? 'close-idle' : 'leave'
  }

  /**
   * Begins at idleDrainMs and shrinks to 20 ms over the drain, so that a chatty page is caught in a short pause too. A slow
   * answer lengthens it, but not beyond the drain: what never ends (a WebSocket, events) is then still closed in a pause.
   */
  #patience(elapsed: number, { idleDrainMs, drainMs }: DrainTimes): number {
    const part = drainMs === null ? 0 : Math.min(1, elapsed / drainMs)
    const shrinking = Math.max(leastPatienceMs, idleDrainMs - (idleDrainMs - leastPatienceMs) * part)
    const left = drainMs === null ? maxAnswerPauseMs : drainMs - elapsed
    return Math.max(shrinking, Math.min(maxAnswerPauseMs, answerPauseFactor * this.#longestPauseMs, left))
  }
}

/** Whether a packet from the client holds more than TLS control records. What is no TLS counts as it is. */
export function countsAsRequest(chunk: Buffer): boolean {
  let at = 0
  while (at + recordHeaderBytes <= chunk.length) {
    if (!isTlsRecord(chunk, at)) return true
    const length = chunk.readUInt16BE(at + 3)
    if (length > maxControlRecordBytes) return true
    at += recordHeaderBytes + length
  }
  return at !== chunk.length
}

/** A record is: type 20 to 23, version 3.x, length. */
function isTlsRecord(chunk: Buffer, at: number): boolean {
  const type = chunk[at] ?? 0
  return type >= 20 && type <= 23 && chunk[at + 1] === 3
}
