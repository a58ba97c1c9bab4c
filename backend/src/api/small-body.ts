import type { IncomingMessage } from 'node:http'

import type { Clock } from '../lib/clock.ts'

const maxSmallBodyBytes = 4 * 1024
const smallBodyTimeoutMs = 15_000

/** SmallBody is what came of reading one: `aborted` where the client has gone. */
export type SmallBody = { kind: 'read'; text: string } | { kind: 'too_large' | 'too_slow' | 'aborted' }

/** isTooLarge tells by its Content-Length alone whether a body has more than 4 KB. */
export function isTooLarge(length: string | undefined): boolean {
  return length !== undefined && Number(length) > maxSmallBodyBytes
}

/** readSmallBody reads a body of at most 4 KB within 15 s, and never keeps more of it than that. */
export async function readSmallBody(incoming: IncomingMessage, clock: Clock): Promise<SmallBody> {
  if (incoming.destroyed) return { kind: 'aborted' }
  const chunks: Buffer[] = []
  let bytes = 0
  return await new Promise<SmallBody>((resolve) => {
    const finish = (body: SmallBody) => {
      cancel()
      incoming.off('data', onData).off('end', onEnd).off('close', onClose)
      resolve(body)
    }
    const onData = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > maxSmallBodyBytes) finish({ kind: 'too_large' })
      else chunks.push(chunk)
    }
    const onEnd = () => finish({ kind: 'read', text: Buffer.concat(chunks).toString('utf8') })
    const onClose = () => finish({ kind: 'aborted' })
    const cancel = clock.after(smallBodyTimeoutMs, () => finish({ kind: 'too_slow' }))
    // An error is followed by 'close', which says all that matters here.
    incoming
      .on('data', onData)
      .on('end', onEnd)
      .on('close', onClose)
      .on('error', () => {})
  })
}
