import { createHash } from 'node:crypto'
import { Agent, request, type AgentOptions } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

import { authorization } from '../test/support/data-plane.ts'

/** Way is how a client uses the endpoint. */
export type Way = 'plain' | 'tunnel' | 'socks'

type Connected = (error: Error | null, socket: Duplex) => void

/** createAgent makes one kept-alive connection at a time through the endpoint at this port. */
export function createAgent(way: Way, port: number): Agent {
  const options: AgentOptions = { keepAlive: true, maxSockets: 1 }
  if (way === 'plain') return new Agent(options)
  const agent = new Agent(options)
  agent.createConnection = (_: unknown, done?: Connected) => {
    void connectThrough(way, port, done ?? (() => {}))
    return undefined
  }
  return agent
}

async function connectThrough(way: Way, port: number, done: Connected): Promise<void> {
  try {
    done(null, await open(way, port))
  } catch (error) {
    done(error as Error, undefined as never)
  }
}

interface Question {
  path: string
  body: Buffer | null
}

/**
 * exchange makes one request for `path` of the origin. Resolves with the length and the SHA-1 of the answer. As every HTTP
 * client does, it asks again when a kept connection turns out to be closed.
 */
export async function exchange(
  way: Way,
  { agent, port }: { agent: Agent; port: number },
  question: Question,
): Promise<{ bytes: number; hash: string }> {
  for (;;) {
    const answer = await attempt(way, { agent, port }, question)
    if (answer !== 'stale') return answer
  }
}

function attempt(
  way: Way,
  { agent, port }: { agent: Agent; port: number },
  { path, body }: Question,
): Promise<{ bytes: number; hash: string } | 'stale'> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      agent,
      host: '127.0.0.1',
      port,
      method: body === null ? 'GET' : 'POST',
      path: way === 'plain' ? `http://origin.test${path}` : path,
      headers: {
        host: 'origin.test',
        ...(way === 'plain' ? { 'proxy-authorization': authorization.slice(21, -2) } : {}),
        ...(body === null ? {} : { 'content-length': body.length }),
      },
    })
    let isAnswered = false
    outgoing.on('response', (response) => {
      isAnswered = true
      const hash = createHash('sha1')
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        hash.update(chunk)
      })
      response.on('end', () => {
        if (response.statusCode === 200) resolve({ bytes, hash: hash.digest('hex') })
        else reject(new Error(`answered with ${response.statusCode}`))
      })
      response.on('error', reject)
    })
    outgoing.on('error', (error) => {
      if (outgoing.reusedSocket && !isAnswered) resolve('stale')
      else reject(error)
    })
    outgoing.end(body ?? undefined)
  })
}

/** The bytes of a body, known to whoever knows its number: what arrives can be compared. */
export function bodyOf(id: number, length: number): Buffer {
  return Buffer.alloc(length, `${id}-`)
}

async function open(way: Way, port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const steps =
    way === 'tunnel'
      ? [[Buffer.from(`CONNECT origin.test:80 HTTP/1.1\r\nHost: origin.test:80\r\n${authorization}\r\n`), 39] as const]
      : [
          [Buffer.from([5, 1, 2]), 2] as const,
          [Buffer.from('\x01\x06proxy1\x05token', 'latin1'), 2] as const,
          [
            Buffer.concat([Buffer.from([5, 1, 0, 3, 11]), Buffer.from('origin.test'), Buffer.from([0, 80])]),
            10,
          ] as const,
        ]
  try {
    for (const [question, length] of steps) await ask(socket, question, length)
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** Sends a question and takes an answer that is so long when it is a good one. */
function ask(socket: Socket, question: Buffer, length: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (error: Error | null) => {
      socket.off('readable', onReadable).off('error', finish).off('close', onClose).off('end', onClose)
      if (error) reject(error)
      else resolve()
    }
    const onClose = () => finish(new Error('closed before it was open'))
    const onReadable = () => {
      const answer = socket.read(length) as Buffer | null
      if (answer === null) return
      const isGood = length === 39 ? answer.includes(' 200 ') : answer[1] === 0 || answer[1] === 2
      finish(isGood ? null : new Error(`answered ${answer.toString('latin1')}`))
    }
    socket.on('readable', onReadable).on('error', finish).on('close', onClose).on('end', onClose)
    socket.write(question)
  })
}
