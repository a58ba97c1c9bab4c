// The floor of what a stranger costs: a server of Node's that takes connections, answers what is no half request with a refusal,
// and closes the others after a moment. Prints its port. Its own process.
import { createServer, type AddressInfo, type Socket } from 'node:net'

const patienceMs = 5_000
const tickMs = 500
const refusal = Buffer.from('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
const letter = 0x41
const headEnd = Buffer.from('\r\n\r\n')

const waiting: { socket: Socket; until: number }[] = []

const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
  waiting.push({ socket, until: Date.now() + patienceMs })
  socket.on('error', ignore).on('end', () => socket.end())
  socket.on('data', (chunk: Buffer) => {
    const isHalf = (chunk[0] ?? 0) >= letter && !chunk.subarray(-4).equals(headEnd)
    if (!isHalf) socket.end(refusal)
  })
})

setInterval(() => {
  const now = Date.now()
  while ((waiting[0]?.until ?? now) < now) waiting.shift()?.socket.destroy()
}, tickMs)

/** What broke shows in 'close', which always follows. */
function ignore(): void {}

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`)
})
