import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { createTestCertificate, type TestCertificate } from './support/certificates.ts'
import { failToStart, only } from './support/failed-start.ts'

const provider = { KIOTPROXY_API_BASE: 'http://127.0.0.1:1' }
/** Of no machine (RFC 5737). */
const foreignAddress = '192.0.2.1'

let certificates: TestCertificate[]
let holder: Server
let takenPort: string
let folder: string

beforeAll(async () => {
  certificates = [await createTestCertificate('*.proxy.test'), await createTestCertificate('*.proxy.test')]
  holder = createServer()
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
  const address = holder.address()
  takenPort = typeof address === 'object' ? String(address?.port) : ''
})

afterAll(() => holder.close())

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stillpoint-failing-'))
  for (const [index, { cert, key }] of certificates.entries()) {
    writeFileSync(join(folder, `cert${index}`), cert)
    writeFileSync(join(folder, `key${index}`), key)
  }
  writeFileSync(join(folder, 'empty'), '')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const at = (name: string) => join(folder, name)
const tls = (cert: string, key: string) => ({ TLS_PORT: '0', TLS_CERT: at(cert), TLS_KEY: at(key) })

const start = (env: Record<string, string>) => failToStart({ cwd: folder, env })

describe.each([
  ['with a provider', provider],
  ['of the demo', {}],
])('a start %s ends with code 1 and a sentence', (_, usual: Record<string, string>) => {
  it.each<[string, () => Record<string, string>, RegExp]>([
    ['PORT is taken', () => ({ PORT: takenPort }), /PORT=\d+ is in use by another program\. Set PORT to .*/],
    [
      'GATEWAY_PORT is taken',
      () => ({ GATEWAY_PORT: takenPort }),
      /GATEWAY_PORT=\d+ is in use by another program\. .*/,
    ],
    [
      'TLS_PORT is taken',
      () => ({ ...tls('cert0', 'key0'), TLS_PORT: takenPort }),
      /TLS_PORT=\d+ is in use by another program\. .*/,
    ],
    ['TLS_CERT is missing', () => tls('nothing', 'key0'), /TLS_CERT=.*nothing or TLS_KEY=.* can't be used: ENOENT.*/],
    ['TLS_KEY is missing', () => tls('cert0', 'nothing'), /TLS_CERT=.* or TLS_KEY=.*nothing can't be used: ENOENT.*/],
    ['TLS_KEY is another', () => tls('cert0', 'key1'), /TLS_CERT=.* can't be used: the key is not the one of .*/],
    ['TLS_KEY is empty', () => tls('cert0', 'empty'), /TLS_CERT=.* can't be used: .*/],
    ['HOST is of no machine', () => ({ HOST: foreignAddress }), /HOST=192\.0\.2\.1 is no address of this machine\./],
    [
      'GATEWAY_HOST is of no machine',
      () => ({ GATEWAY_HOST: foreignAddress }),
      /GATEWAY_HOST=192\.0\.2\.1 is no address of this machine\./,
    ],
  ])('when %s', async (__, env, sentence) => {
    const { code, output } = await start({ ...usual, ...env() })

    expect(output).toMatch(only(sentence))
    expect(code).toBe(1)
  })
})

it('a demo without a port for its second key ends with code 1, and says the password that it made', async () => {
  const { code, output } = await start({ PROXY_PORT_START: '10400', PROXY_PORT_END: '10401' })

  expect(output).toMatch(
    /^stillpoint: The demo's keys can't be added: .*\. The password of admin is [\w-]{24} from now on\.$/m,
  )
  expect(output).not.toMatch(/^ +at /m)
  expect(code).toBe(1)
})
