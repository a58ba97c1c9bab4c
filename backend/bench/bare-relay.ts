// The floor: bytes passed on both ways between a client and the upstream at argv[2], over Node's sockets, and nothing else: no
// access check, no head read, no time-out, no counter, no drain. It reads an upstream into buffers of its own, as fast as Node
// can. It shares nothing with the product, so that it stays what it is. Prints its port. Its own process.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

const smallBytes = 4 * 1024
const largeBytes = 256 * 1024
const growth = 4
const maxSpare = 256
const spare: Buffer[] = []
const upstreamPort = Number(process.argv[2])

/** Reader gives an upstream's socket a buffer that grows while it is filled, and passes on what comes. */
class Reader {
  buffer: Buffer = spare.pop() ?? Buffer.allocUnsafe(smallBytes)
  size = smallBytes
  /** The kernel has not taken yet what the client was sent out of the buffer. */
  isInUse = false

  provide(): Buffer {
    if (this.isInUse || this.buffer.length !== this.size) this.buffer = Buffer.allocUnsafe(this.size)
    this.isInUse = false
    return this.buffer
  }

  pass(length: number, client: Socket, upstream: Socket): void {
    const whole = this.buffer
    if (length === whole.length) this.size = Math.min(largeBytes, this.size * growth)
    else if (length < whole.length / (2 * growth)) this.size = smallBytes
    if (!client.write(whole.subarray(0, length))) upstream.pause()
    this.isInUse = client.writableLength > 0
  }

  giveBack(): void {
    if (!this.isInUse && this.buffer.length === smallBytes && spare.length < maxSpare) spare.push(this.buffer)
  }
}

function relay(client: Socket): void {
  const reader = new Reader()
  const upstream = connect({
    host: '127.0.0.1',
    port: upstreamPort,
    noDelay: true,
    allowHalfOpen: true,
    onread: {
      buffer: () => reader.provide(),
      callback(length) {
        reader.pass(length, client, upstream)
        return true
      },
    },
  })
  upstream.on('error', ignore).on('end', () => client.end())
  upstream.on('drain', () => client.resume()).on('close', () => (reader.giveBack(), client.destroy()))
  client.on('error', ignore).on('close', () => upstream.destroy())
  client.on('data', (chunk: Buffer) => void (upstream.write(chunk) || client.pause()))
  client.on('drain', () => upstream.resume()).on('end', () => upstream.end())
}

/** What broke shows in 'close', which always follows. */
function ignore(): void {}

const server = createServer({ noDelay: true, allowHalfOpen: true }, relay)
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`)
})
