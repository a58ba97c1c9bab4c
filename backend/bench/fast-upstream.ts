// An upstream proxy that is its own origin, as fast as Node allows: it answers CONNECT, and every request after it or in
// absolute form, out of its own head. `/bulk/N` is N bytes. Prints its port. Its own process.
import { createServer, type AddressInfo, type Socket } from 'node:net'

const headEnd = Buffer.from('\r\n\r\n')
const established = Buffer.from('HTTP/1.1 200 OK\r\n\r\n')
const small = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
const piece = Buffer.alloc(256 * 1024)

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {})
  // Some proxies send a head in several pieces.
  let head: Buffer | null = null
  socket.on('data', (bytes: Buffer) => {
    const chunk: Buffer = head === null ? bytes : Buffer.concat([head, bytes])
    const isWhole = chunk.subarray(-4).equals(headEnd)
    head = isWhole ? null : chunk
    if (!isWhole) return
    if (chunk[0] === 0x43) return socket.write(established)
    const bulk = chunk.includes('/bulk/') ? Number(/\/bulk\/(\d+)/.exec(chunk.toString('latin1'))?.[1]) : 0
    return bulk > 0 ? sendBulk(socket, bulk) : socket.write(small)
  })
})

function sendBulk(socket: Socket, bytes: number): void {
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`)
  let left = bytes
  const push = () => {
    while (left > 0) {
      const part = left >= piece.length ? piece : piece.subarray(0, left)
      left -= part.length
      if (!socket.write(part)) return void socket.once('drain', push)
    }
  }
  push()
}

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`)
})
