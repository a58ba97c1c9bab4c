import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { startSquid, startTinyproxy } from '../bench/contenders.ts'
import { createTestCertificate } from '../test/support/certificates.ts'
import type { ContenderName } from './contenders.ts'
import { Parent } from './parent.ts'
import { startProduct } from './product.ts'
import type { Score } from './suite.ts'

const pythonSocksSuite = 'romis2012/python-socks'

const pluginFolder = fileURLToPath(new URL('python', import.meta.url))

/** What the tests' own proxies do: they know the names of the tests, and take this long to connect, which a test counts on. */
const connectDelayMs = 10
const addresses = new Map([
  ['ip4.target.example.com', '127.0.0.1'],
  ['ip6.target.example.com', '::1'],
])

/** These are about no proxy, or about SOCKS4, which neither of the contenders speaks: the suite's own proxy serves it. */
const otherTests = /test_misc|test_resolvers|test_socks4|with_invalid_proxy_port/
/** What a proxy for HTTP alone can be asked. */
const plainHttpTests = 'test_http_proxy'

const login = 'tester'
const password = 'secret'

/** Endpoints is what takes the place of the tests' proxies; null where the contender has no such thing. */
interface Endpoints {
  constants: Record<string, string | number>
  authority: string | null
  speaksSocks: boolean
  stop(): Promise<void>
}

interface Parts {
  folder: string
  python: string
  name: ContenderName
  productFolder: string
}

/** runPythonSocks gives null where the contender is not installed. */
export async function runPythonSocks({ folder, python, name, productFolder }: Parts): Promise<Score | null> {
  const parent = await new Parent({ connectDelayMs, resolve: (host) => addresses.get(host) ?? host }).start()
  const scratch = mkdtempSync(join(tmpdir(), 'stillpoint-python-socks-'))
  try {
    const endpoints = await startEndpoints(name, parent.port, productFolder, scratch)
    if (!endpoints) return null
    try {
      return score(await runPytest(folder, python, endpoints, join(scratch, 'results')), name, endpoints)
    } finally {
      await endpoints.stop()
    }
  } finally {
    await parent.stop()
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function startEndpoints(
  name: ContenderName,
  upstreamPort: number,
  productFolder: string,
  scratch: string,
): Promise<Endpoints | null> {
  if (name === 'Stillpoint') return await startProductEndpoints(upstreamPort, productFolder, scratch)
  const contender =
    name === 'squid'
      ? await startSquid(upstreamPort, squidAuth(scratch))
      : await startTinyproxy(upstreamPort, `BasicAuth ${login} ${password}`)
  if (!contender) return null
  return {
    // The suite waits until all its proxies listen; nothing counts that asks this one over TLS.
    constants: {
      LOGIN: login,
      PASSWORD: password,
      HTTP_PROXY_PORT: contender.port,
      HTTPS_PROXY_PORT: contender.port,
    },
    authority: null,
    speaksSocks: false,
    stop: () => contender.stop(),
  }
}

function squidAuth(scratch: string): string {
  const file = join(scratch, 'users')
  writeFileSync(file, `${login}:${execFileSync('openssl', ['passwd', '-apr1', password]).toString()}`)
  // Squid reads it as a user of its own.
  chmodSync(scratch, 0o755)
  return `auth_param basic program /usr/lib/squid/basic_ncsa_auth ${file}
acl known proxy_auth REQUIRED
http_access deny !known`
}

async function startProductEndpoints(upstreamPort: number, folder: string, scratch: string): Promise<Endpoints> {
  const certificate = await createTestCertificate('*.proxy.example.com')
  const write = (file: string, text: string) => {
    writeFileSync(join(scratch, file), text)
    return join(scratch, file)
  }
  const options = {
    folder,
    upstreamPort,
    environment: {
      // The tests reach one endpoint by IPv4 and by IPv6.
      PROXY_HOST: '::',
      PUBLIC_WAYS: 'own,tls',
      TLS_PORT: '0',
      TLS_CERT: write('cert.pem', certificate.cert),
      TLS_KEY: write('key.pem', certificate.key),
    },
  }
  const { prepared, stop } = await startProduct(options, async (addEndpoint) => {
    const withToken = await addEndpoint([])
    const open = await addEndpoint(['127.0.0.1'])
    return {
      LOGIN: withToken.username,
      PASSWORD: withToken.password,
      SOCKS5_PROXY_PORT: withToken.port,
      HTTP_PROXY_PORT: withToken.port,
      SOCKS5_PROXY_PORT_NO_AUTH: open.port,
      HTTPS_PROXY_PORT: Number(new URL(withToken.tls_url ?? '').port),
    }
  })
  return { constants: prepared, authority: write('authority.pem', certificate.ca), speaksSocks: true, stop }
}

interface Line {
  test: string
  outcome: 'passed' | 'failed' | 'skipped'
  why?: string
}

async function runPytest(folder: string, python: string, endpoints: Endpoints, results: string): Promise<Line[]> {
  const kept = endpoints.speaksSocks ? ['socks4'] : ['socks4', 'socks5']
  const { constants, authority } = endpoints
  const paths = [pluginFolder, folder, process.env['PYTHONPATH'] ?? ''].filter((path) => path !== '')
  const args = ['-m', 'pytest', '-q', '-p', 'other_proxies', '-p', 'no:cacheprovider']
  if (!endpoints.speaksSocks) args.push('-k', plainHttpTests)
  const child = spawn(python, args, {
    cwd: folder,
    env: {
      ...process.env,
      PYTHONPATH: paths.join(delimiter),
      PYTHONDONTWRITEBYTECODE: '1',
      PROXY_CONFIG: JSON.stringify({ constants, authority, kept, results }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  await new Promise((resolve) => child.once('close', resolve))
  if (!/\d+ (?:passed|failed)/.test(output)) throw new Error(`pytest did not come to its end:\n${output.slice(-2000)}`)
  return readFileSync(results, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
}

function score(lines: readonly Line[], contender: ContenderName, { speaksSocks }: Endpoints): Score {
  const result: Score = { suite: pythonSocksSuite, contender, passed: 0, failures: [], leftOut: [] }
  for (const { test, outcome, why = '' } of lines) {
    if (otherTests.test(test)) result.leftOut.push({ test, why: 'not about a proxy of this kind' })
    else if (!speaksSocks && !test.includes(plainHttpTests)) result.leftOut.push({ test, why: 'it speaks HTTP only' })
    else if (outcome === 'passed') result.passed += 1
    else if (outcome === 'failed') result.failures.push({ test, why: why.split('\n')[0] ?? '' })
    else result.leftOut.push({ test, why: 'skipped by the suite' })
  }
  return result
}
