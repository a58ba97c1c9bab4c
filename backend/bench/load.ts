// Gives one proxy one kind of work and prints what came of it as JSON. Its own process. Arguments: kind, port, credentials,
// how much.
import { connect, type Socket } from 'node:net'

const [kind = '', port = '', credentials = '', amount = ''] = process.argv.slice(2)
const total = Number(amount)
const concurrency = 64
const bulkBytes = 64 * 1024 * 1024
const authorization = `Proxy-Authorization: Basic ${Buffer.from(credentials).toString('base64')}\r\n`
const connectHead = Buffer.from(`CONNECT origin.test:80 HTTP/1.1\r\nHost: origin.test:80\r\n${authorization}\r\n`)
const tunnelled = Buffer.from('GET / HTTP/1.1\r\nHost: origin.test\r\n\r\n')
const plain = Buffer.from(`GET http://origin.test/ HTTP/1.1\r\nHost: origin.test\r\n${authorization}\r\n`)
const bulk = Buffer.from(`GET /bulk/${bulkBytes} HTTP/1.1\r\nHost: origin.test\r\n\r\n`)

let failed = 0

function open(): Socket {
  return connect({ port: Number(port), host: '127.0.0.1', noDelay: true })
}

/** Resolves with true when `mark` has come, false when the connection ended before. */
function oneTunnel(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = open()
    let isOpen = false
    socket.write(connectHead)
    socket.on('data', (chunk: Buffer) => {
      if (!isOpen) {
        isOpen = true
        if (chunk[9] !== 0x32) return finish(false)
        return void socket.write(tunnelled)
      }
      finish(true)
    })
    socket.on('error', () => finish(false))
    socket.on('close', () => finish(false))
    function finish(isGood: boolean): void {
      resolve(isGood)
      socket.destroy()
    }
  })
}

async function tunnels(): Promise<number> {
  let left = total
  const lane = async () => {
    while (left-- > 0) if (!(await oneTunnel())) failed += 1
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
  return total
}

async function requests(): Promise<number> {
  const perConnection = Math.floor(total / concurrency)
  const lane = () =>
    new Promise<void>((resolve) => {
      const socket = open()
      let left = perConnection
      socket.write(plain)
      socket.on('data', () => {
        left -= 1
        if (left === 0) return void socket.destroy()
        socket.write(plain)
      })
      socket.on('error', () => {})
      socket.on('close', () => {
        failed += Math.max(0, left)
        resolve()
      })
    })
  await Promise.all(Array.from({ length: concurrency }, lane))
  return perConnection * concurrency
}

/** Megabytes through a few tunnels, read into one buffer each: the load must cost less than what it measures. */
async function download(): Promise<number> {
  const lane = () =>
    new Promise<void>((resolve) => {
      let left = bulkBytes
      let isOpen = false
      const socket = connect({
        port: Number(port),
        host: '127.0.0.1',
        onread: {
          buffer: Buffer.allocUnsafe(256 * 1024),
          callback(length) {
            if (isOpen) left -= length
            else socket.write(bulk)
            isOpen = true
            if (left <= 0) socket.destroy()
            return true
          },
        },
      })
      socket.write(connectHead)
      socket.on('error', () => {})
      socket.on('close', () => {
        if (left > 0) failed += 1
        resolve()
      })
    })
  await Promise.all(Array.from({ length: total }, lane))
  return (total * bulkBytes) / 1024 / 1024
}

/** Opens tunnels, says so, and holds them until it is killed. */
async function idle(): Promise<number> {
  const sockets: Socket[] = []
  for (let count = 0; count < total; count++) {
    const socket = open()
    sockets.push(socket)
    await new Promise<void>((resolve) => {
      socket.once('data', () => resolve())
      socket.once('error', () => {
        failed += 1
        resolve()
      })
      socket.write(connectHead)
    })
  }
  setInterval(() => sockets.length, 1000)
  return sockets.length
}

/** Milliseconds that new plain requests take, one after the other in a few lanes, for so many of them. */
const durations: number[] = []
async function latency(): Promise<number> {
  let left = total
  const lane = async () => {
    while (left-- > 0) {
      const startedAt = performance.now()
      if (!(await onePlain())) failed += 1
      durations.push(performance.now() - startedAt)
    }
  }
  await Promise.all(Array.from({ length: 8 }, lane))
  return total
}

function onePlain(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = open()
    socket.write(plain)
    socket.once('data', (chunk: Buffer) => {
      resolve(chunk[9] === 0x32)
      socket.destroy()
    })
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}

const kinds: Record<string, () => Promise<number>> = { tunnels, requests, download, idle, latency }
const job = kinds[kind]
if (!job) throw new Error(`no such kind of work: ${kind}`)
const startedAt = performance.now()
const units = await job()
const seconds = (performance.now() - startedAt) / 1000
const sorted = durations.toSorted((a, b) => a - b)
const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? 0
process.stdout.write(`${JSON.stringify({ units, seconds, failed, p99 })}\n`)
