// Gives one proxy one kind of work and prints what came of it as JSON. Its own process. Arguments: kind, port, credentials
// (`user:password`; several, behind each other, are used in turn by requests), how much, and for some kinds another port.
import { connect, type Socket } from 'node:net'

const [kind = '', port = '', credentials = '', amount = '', otherPort = ''] = process.argv.slice(2)
const total = Number(amount)
const concurrency = 64
/** Of `ok`, which is what the upstream answers. */
const lastOfBody = 0x6b
const bulkBytes = 64 * 1024 * 1024
const [authorization = '', ...others] = credentials
  .split(' ')
  .map((pair) => `Proxy-Authorization: Basic ${Buffer.from(pair).toString('base64')}\r\n`)
const connectHead = Buffer.from(`CONNECT origin.test:80 HTTP/1.1\r\nHost: origin.test:80\r\n${authorization}\r\n`)
const tunnelled = Buffer.from('GET / HTTP/1.1\r\nHost: origin.test\r\n\r\n')
const plains = [authorization, ...others].map((field) =>
  Buffer.from(`GET http://origin.test/ HTTP/1.1\r\nHost: origin.test\r\n${field}\r\n`),
)
const [plain = Buffer.alloc(0)] = plains
const bulk = Buffer.from(`GET /bulk/${bulkBytes} HTTP/1.1\r\nHost: origin.test\r\n\r\n`)

let failed = 0

/** Reads into one buffer for all: the load must cost less than what it measures. */
const received = Buffer.allocUnsafe(64 * 1024)

function open(onData: (socket: Socket, length: number) => void, onClose: () => void, to = Number(port)): Socket {
  const socket = connect({
    port: to,
    host: '127.0.0.1',
    noDelay: true,
    onread: {
      buffer: received,
      callback(length) {
        onData(socket, length)
        return true
      },
    },
  })
  socket.on('error', () => {})
  socket.on('close', onClose)
  return socket
}

/** Whether what was received last begins with `HTTP/1.1 2`. */
function isGood(): boolean {
  return received[9] === 0x32
}

/** Whether what was received last begins an answer with another status. */
function isRefused(): boolean {
  return received[0] === 0x48 && !isGood()
}

/**
 * Opens one tunnel after the other, makes a request through each and leaves it as it is told, in as many lanes as there are
 * connections.
 */
function tunnels(leave: (socket: Socket) => void): Promise<number> {
  let left = total
  let lanes = concurrency
  return new Promise((resolve) => {
    const next = () => {
      if (left-- <= 0) {
        lanes -= 1
        if (lanes === 0) resolve(total)
        return
      }
      let isOpen = false
      let isAnswered = false
      // Some proxies send a head in several pieces.
      let head = ''
      const socket = open(
        (opened, length) => {
          if (isOpen) {
            isAnswered = isGood()
            return leave(opened)
          }
          head += received.toString('latin1', 0, length)
          if (!head.endsWith('\r\n\r\n')) return
          isOpen = true
          if (head[9] === '2') opened.write(tunnelled)
          else opened.destroy()
        },
        () => {
          if (!isAnswered) failed += 1
          next()
        },
      )
      socket.write(connectHead)
    }
    for (let lane = 0; lane < concurrency; lane++) next()
  })
}

/** Answers to requests on kept connections must be `ok`, whole: who is refused once leaves, since refusals may be slow. */
async function requests(): Promise<number> {
  const perConnection = Math.floor(total / concurrency)
  const lane = () =>
    new Promise<void>((resolve) => {
      let left = perConnection
      const socket = open(
        (opened, length) => {
          // Some proxies send an answer in several pieces, of which the last one ends as the body does.
          if (received[length - 1] !== lastOfBody) return void (isRefused() && opened.destroy())
          left -= 1
          if (left === 0) opened.destroy()
          else opened.write(plains[left % plains.length] ?? plain)
        },
        () => {
          failed += left
          resolve()
        },
      )
      socket.write(plain)
    })
  await Promise.all(Array.from({ length: concurrency }, lane))
  return perConnection * concurrency
}

/** Megabytes through a few tunnels. */
async function download(): Promise<number> {
  const lane = () =>
    new Promise<void>((resolve) => {
      let left = bulkBytes
      let isOpen = false
      const socket = open(
        (opened, length) => {
          if (isOpen) left -= length
          else opened.write(bulk)
          isOpen = true
          if (left <= 0) opened.destroy()
        },
        () => {
          if (left > 0) failed += 1
          resolve()
        },
      )
      socket.write(connectHead)
    })
  await Promise.all(Array.from({ length: total }, lane))
  return (total * bulkBytes) / 1024 / 1024
}

/** Opens tunnels, says so, and holds them until it is killed. */
async function idle(): Promise<number> {
  let isOver = false
  for (let count = 0; count < total; count++) {
    await new Promise<void>((resolve) => {
      const socket = open(
        () => resolve(),
        () => {
          if (!isOver) failed += 1
          resolve()
        },
      )
      socket.write(connectHead)
    })
  }
  isOver = true
  setInterval(() => {}, 1000)
  return total
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

/** Milliseconds that a new plain request takes longer on the other port: each is made on both, one right after the other. */
async function paired(): Promise<number> {
  const timed = async (to: number) => {
    const startedAt = performance.now()
    if (!(await onePlain(to))) failed += 1
    return performance.now() - startedAt
  }
  for (let turn = 0; turn < total; turn++) {
    const [first, second] = turn % 2 === 0 ? [port, otherPort] : [otherPort, port]
    const took = [await timed(Number(first)), await timed(Number(second))]
    const [own = 0, other = 0] = turn % 2 === 0 ? took : took.toReversed()
    durations.push(other - own)
  }
  return total
}

function onePlain(to = Number(port)): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = open(
      (opened) => {
        resolve(isGood())
        opened.destroy()
      },
      () => resolve(false),
      to,
    )
    socket.write(plain)
  })
}

const kinds: Record<string, () => Promise<number>> = {
  tunnels: () => tunnels((socket) => void socket.destroy()),
  resets: () => tunnels((socket) => void socket.resetAndDestroy()),
  requests,
  download,
  idle,
  latency,
  paired,
}
const job = kinds[kind]
if (!job) throw new Error(`no such kind of work: ${kind}`)
const startedAt = performance.now()
const units = await job()
const seconds = (performance.now() - startedAt) / 1000
const sorted = durations.toSorted((a, b) => a - b)
const at = (part: number) => sorted[Math.floor(sorted.length * part)] ?? 0
process.stdout.write(`${JSON.stringify({ units, seconds, failed, p50: at(0.5), p99: at(0.99) })}\n`)
