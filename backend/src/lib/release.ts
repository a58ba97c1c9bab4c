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

/** Destroys a socket, and frees what came while it was paused. */
export function destroyUnread(socket: Socket): void {
  socket.destroy()
  socket.removeAllListeners('data')
  for (let chunk = read(socket); chunk !== null; chunk = read(socket)) release(chunk)
}

function read(socket: Socket): Buffer | null {
  return socket.read() as Buffer | null
}
