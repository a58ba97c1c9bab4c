import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** Place is where a client goes, and from which address. */
export interface Place {
  port: number
  localAddress: string
  username: string
  token: string
}

/** Way is how a client uses an endpoint: requests on one kept connection, or a new tunnel for each. */
export type Way = 'plain' | 'tunnel' | 'socks'

const thinkMs = 40
/** A request that takes longer has failed. */
const requestTimeoutMs = 10_000
const inside = Buffer.from('GET / HTTP/1.1\r\nHost: origin.test\r\n\r\n')
const socksTarget = Buffer.from('\x05\x01\x00\x03\x0borigin.test\x00\x50', 'latin1')

/** Served is what became of requests: how long those took that were done, and why the others failed. */
export interface Served {
  durations: number[]
  failures: string[]
}

/** Crowd is clients with right credentials that work without a stop. */
export class Crowd {
  readonly #places: readonly Place[]
  #served: Served = { durations: [], failures: [] }
  #working: Promise<unknown> | null = null
  #isOver = false

  constructor(places: readonly Place[]) {
    this.#places = places
  }

  start(): void {
    const ways: readonly Way[] = ['plain', 'tunnel', 'socks']
    this.#isOver = false
    this.#working = Promise.all(this.#places.map((place, index) => this.#work(ways[index % 3] ?? 'plain', place)))
  }

  /** What became of the requests since it was asked last. */
  take(): Served {
    const served = this.#served
    this.#served = { durations: [], failures: [] }
    return served
  }

  /** Lets everybody finish and go. */
  async stop(): Promise<void> {
    this.#isOver = true
    await this.#working
  }

  async #work(way: Way, place: Place): Promise<void> {
    let kept: Line | null = null
    while (!this.#isOver) {
      const line: Line = kept ?? new Line(place)
      kept = null
      const startedAt = performance.now()
      try {
        await askOnce[way](line, place)
        this.#served.durations.push(performance.now() - startedAt)
        if (way === 'plain') kept = line
      } catch (error) {
        this.#served.failures.push(`${way} at ${place.port} from ${place.localAddress}: ${String(error)}`)
      }
      if (kept === null) line.destroy()
      await delay(thinkMs * (0.5 + Math.random()))
    }
    kept?.destroy()
  }
}

const askOnce: Record<Way, (line: Line, place: Place) => Promise<void>> = {
  async plain(line, place) {
    const head = `GET http://origin.test/ HTTP/1.1\r\nHost: origin.test\r\n${authorize(place)}\r\n`
    await line.ask(Buffer.from(head), isOk)
  },
  async tunnel(line, place) {
    const head = `CONNECT origin.test:80 HTTP/1.1\r\nHost: origin.test:80\r\n${authorize(place)}\r\n`
    await line.ask(Buffer.from(head), (answer) => isGood(answer) && answer.endsWith('\r\n\r\n'))
    await line.ask(inside, isOk)
  },
  async socks(line, { username, token }) {
    const name = Buffer.from(username)
    const password = Buffer.from(token)
    const login = Buffer.concat([Buffer.from([1, name.length]), name, Buffer.from([password.length]), password])
    await line.ask(Buffer.from([5, 1, 2]), (answer) => hasSecond(answer, 2, 2))
    await line.ask(login, (answer) => hasSecond(answer, 0, 2))
    await line.ask(socksTarget, (answer) => hasSecond(answer, 0, 10))
    await line.ask(inside, isOk)
  },
}

function authorize({ username, token }: Place): string {
  return `Proxy-Authorization: Basic ${Buffer.from(`${username}:${token}`).toString('base64')}\r\n`
}

function isOk(answer: string): boolean {
  return isGood(answer) && answer.endsWith('\r\n\r\nok')
}

/** Throws where an answer is not what it must be; false where it may still become it. */
function isGood(answer: string): boolean {
  const wanted = 'HTTP/1.1 200'
  if (!answer.startsWith(wanted) && !wanted.startsWith(answer)) throw new Error(`answered ${answer.slice(0, 200)}`)
  return answer.length >= wanted.length
}

function hasSecond(answer: string, wanted: number, length: number): boolean {
  if (answer.length > 1 && answer.charCodeAt(1) !== wanted) throw new Error(`SOCKS answered ${answer.charCodeAt(1)}`)
  return answer.length >= length
}

interface Question {
  isWhole: (answer: string) => boolean
  resolve: () => void
  reject: (error: unknown) => void
}

/** Line is a connection on which one thing after the other is asked. */
class Line {
  readonly #socket: Socket
  #answer = ''
  #question: Question | null = null
  #end: Error | null = null

  constructor({ port, localAddress }: Place) {
    this.#socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true })
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk.toString('latin1')))
    this.#socket.on('error', (error) => this.#fail(error))
    this.#socket.on('close', () => this.#fail(new Error(`closed after ${JSON.stringify(this.#answer.slice(0, 200))}`)))
    this.#socket.on('timeout', () => this.#fail(new Error('not answered in time')))
  }

  /** Resolves when the answer is whole; rejects where it is another, does not come in time, or the connection ends. */
  ask(bytes: Buffer, isWhole: (answer: string) => boolean): Promise<void> {
    this.#answer = ''
    return new Promise((resolve, reject) => {
      if (this.#end !== null) return reject(this.#end)
      this.#question = { isWhole, resolve, reject }
      this.#socket.setTimeout(requestTimeoutMs)
      this.#socket.write(bytes)
    })
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #take(text: string): void {
    this.#answer += text
    const question = this.#question
    if (question === null) return
    try {
      if (!question.isWhole(this.#answer)) return
      this.#question = null
      question.resolve()
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  #fail(error: Error): void {
    this.#end ??= error
    this.#question?.reject(this.#end)
    this.#question = null
  }
}
