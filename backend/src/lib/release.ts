import type { Socket } from 'node:net'

/**
 * Frees the memory of a chunk that a socket gave, now instead of at some later collection: a chunk of 64 KB that is garbage weighs
 * on the process, not on V8's heap, so that hundreds of them may wait. Only for whoever is the last to know the chunk, and what
 * it is the larger part of; both are empty from then on.
 */
export function release(chunk: Buffer): void {
  const { buffer, length } = chunk
  // Node's pool, which many share, never gives half of itself to one.
  if (length > 0 && 2 * length >= buffer.byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0)
}

/** How soon what was read ahead is looked for, in milliseconds. */
const lookMs = 50

/**
 * Reads a socket no further, for good. A paused one has up to 128 KB read ahead, which would stay as long as it waits for its end:
 * they are freed.
 */
export function stopReading(socket: Socket): void {
  socket.pause()
  const timer = setInterval(() => {
    // With less than that Node still reads.
    if (!socket.destroyed && socket.readableLength < socket.readableHighWaterMark) return
    clearInterval(timer)
    // It would begin again for what is taken.
    socket._read = () => {}
    freeUnread(socket)
  }, lookMs).unref()
}

/** Destroys a socket, and frees what came while it was paused. */
export function destroyUnread(socket: Socket): void {
  socket.destroy()
  freeUnread(socket)
}

function freeUnread(socket: Socket): void {
  socket.removeAllListeners('data')
  for (let chunk = read(socket); chunk !== null; chunk = read(socket)) release(chunk)
}

function read(socket: Socket): Buffer | null {
  return socket.read() as Buffer | null
}
