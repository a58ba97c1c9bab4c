import { expect, it } from 'vitest'

import { startUpstream } from '../../test/support/fake-upstream.ts'
import { makeKey } from '../../test/support/store.ts'
import { until } from '../../test/support/until.ts'
import { createEndpointTest } from './endpoint-test.ts'

const connectionTo = (port: number) => ({
  host: 'proxy1.test',
  port,
  username: 'proxy1',
  password: 'token',
  http_url: '',
  socks5_url: '',
  shared_url: null,
  tls_url: null,
})
const tunnel = 'HTTP/1.1 200 Connection established\r\n\r\n'

it('reads no more than the beginning of an answer without end', async () => {
  let poured = 0
  const endpoint = await startUpstream((socket) => {
    socket.once('data', () => {
      socket.write(tunnel)
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n203.0.113.7 ')
        const pour = () => {
          do poured += 1_000_000
          while (poured < 400_000_000 && socket.writable && socket.write('x'.repeat(1_000_000)))
        }
        socket.on('drain', pour)
        pour()
      })
    })
  })
  const test = createEndpointTest({ proxyHost: '0.0.0.0', url: 'http://ip.test/', timeoutMs: 5_000 })

  const reply = await test(makeKey(1), connectionTo(endpoint.port))

  expect(reply).toMatchObject({ reachable: true, exit_ip: '203.0.113.7', message: null })
  await until('the connection to end', () => endpoint.open() === 0)
  // What both kernels buffer was sent all the same.
  expect(poured).toBeLessThan(50_000_000)
  await endpoint.stop()
})

it('ends when the whole time is over, also while an answer drips', async () => {
  const endpoint = await startUpstream((socket) => {
    const drip = setInterval(() => socket.write('x'), 20)
    socket.once('close', () => clearInterval(drip))
    socket.once('data', () => socket.write(`${tunnel}HTTP/1.1 200 OK\r\n\r\n`))
  })
  const test = createEndpointTest({ proxyHost: '127.0.0.1', url: 'http://ip.test/', timeoutMs: 200 })

  expect(await test(makeKey(1), connectionTo(endpoint.port))).toMatchObject({ reachable: false })

  await until('the connection to end', () => endpoint.open() === 0)
  await endpoint.stop()
})

it('says in its own words why the endpoint gave no tunnel', async () => {
  const endpoint = await startUpstream((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 407 No\r\n\r\n'))
  })
  const test = createEndpointTest({ proxyHost: '127.0.0.1', url: 'http://ip.test/', timeoutMs: 5_000 })

  const { message } = await test(makeKey(1), connectionTo(endpoint.port))

  expect(message).toBe('The request failed: proxy1 refuses our credentials.')
  await endpoint.stop()
})
