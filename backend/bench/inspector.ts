import { once } from 'node:events'

import type { Running } from '../test/support/process.ts'

/** Memory is what a process takes, in bytes: resident, and in use by its JavaScript and buffers. */
export interface Memory {
  rss: number
  used: number
}

/** What it must be started with: else all would open the same port. */
export const inspectorOptions = ['--inspect-port=127.0.0.1:0']

const timeoutMs = 20_000

interface Reply {
  id: number
  result?: { result?: { value?: string } }
}

/** Inspector looks into a process of Node from outside, which it leaves as it is but for a collection. */
export class Inspector {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, (reply: Reply) => void>()
  #lastId = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      const reply = JSON.parse(String(data)) as Reply
      this.#waiting.get(reply.id)?.(reply)
      this.#waiting.delete(reply.id)
    })
  }

  /** Opens it. The process must have been started with `inspectorOptions`, and be up. */
  static async open(running: Running): Promise<Inspector> {
    running.child.kill('SIGUSR1')
    const [, url = ''] = await running.untilPrinted(/Debugger listening on (ws:\S+)/)
    const socket = new WebSocket(url)
    await once(socket, 'open')
    return new Inspector(socket)
  }

  /** What it takes after a collection. */
  async memory(): Promise<Memory> {
    await this.#call('HeapProfiler.collectGarbage')
    const { result } = await this.#call('Runtime.evaluate', { expression: 'JSON.stringify(process.memoryUsage())' })
    const usage = JSON.parse(result?.result?.value ?? '{}') as NodeJS.MemoryUsage
    return { rss: usage.rss, used: usage.heapUsed + usage.external }
  }

  close(): void {
    this.#socket.close()
  }

  #call(method: string, params: object = {}): Promise<Reply> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      const tooLate = setTimeout(() => reject(new Error(`${method} was not answered`)), timeoutMs)
      this.#waiting.set(id, (reply) => {
        clearTimeout(tooLate)
        resolve(reply)
      })
      this.#socket.send(JSON.stringify({ id, method, params }))
    })
  }
}
