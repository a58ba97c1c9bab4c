import { execFile, spawnSync } from 'node:child_process'
import { Agent, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { promisify } from 'node:util'

import { create as createAxios } from 'axios'
import got from 'got'
import { Client, Pool, ProxyAgent, request as requestUndici, type Dispatcher } from 'undici'
import { onTestFinished } from 'vitest'

import type { Connection } from '../../src/contract/index.ts'
import { getThrough } from './proxy-client.ts'

/** Turn is one request: what is asked for, and the endpoint whose credentials go with it. */
export interface Turn {
  url: string
  endpoint: Connection
}

/** Authority is whom clients believe certificates of: PEM, and the file that it is in. */
export interface Authority {
  ca: string
  caFile: string
}

/** Ask makes one request after the other, keeps its connections for the next ones, and gives the bodies that came. */
type Ask = (turns: readonly Turn[], authority: Authority) => Promise<string[]>

/** HttpClient is a client as people use it, with the connections it needs for the turns of two endpoints. */
export interface HttpClient {
  name: string
  ask: Ask
  connections: number
  isInstalled?: boolean
}

const execute = promisify(execFile)
const isWorking = (...[program = '', ...args]: string[]) => spawnSync(program, args).status === 0
const hasCurl = isWorking('curl', '--version')
const hasRequests = isWorking('python3', '-c', 'import requests')

const userinfo = ({ username, password }: Connection) => `${username}:${password}`
const proxyUrl = (endpoint: Connection) => `http://${userinfo(endpoint)}@${endpoint.host}:${endpoint.port}`
const basic = (endpoint: Connection) => `Basic ${Buffer.from(userinfo(endpoint)).toString('base64')}`

/** Clients of a plain request, which goes to the proxy as it is. */
export const plainClients: HttpClient[] = [
  { name: "Node's http.Agent", ask: askNode, connections: 1 },
  { name: "got with an http.Agent of Node's for each endpoint, by proxyEnv,", ask: askGotByAgents, connections: 2 },
  { name: 'axios', ask: askAxios, connections: 1 },
  { name: 'got', ask: askGot, connections: 1 },
  { name: 'undici Client', ask: askUndici((origin) => new Client(origin)), connections: 1 },
  {
    name: 'undici Client, which asks before the answers have come,',
    ask: askUndici((origin) => new Client(origin, { pipelining: 4 }), 'at once'),
    connections: 1,
  },
  { name: 'undici Pool', ask: askUndici((origin) => new Pool(origin, { connections: 1 })), connections: 1 },
  { name: 'undici ProxyAgent', ask: askProxyAgents(false), connections: 2 },
  { name: 'curl', ask: askCurl(), connections: 1, isInstalled: hasCurl },
  { name: 'Python requests', ask: askPython, connections: 2, isInstalled: hasRequests },
]

/** Clients of a request in a tunnel, with or without TLS to the target. */
export const tunnelClients: HttpClient[] = [
  { name: "got with an https.Agent of Node's for each endpoint, by proxyEnv,", ask: askGotByAgents, connections: 2 },
  { name: 'axios, which keeps no tunnel,', ask: askAxios, connections: 4 },
  { name: 'undici ProxyAgent', ask: askProxyAgents(true), connections: 2 },
  { name: 'Python requests', ask: askPython, connections: 2, isInstalled: hasRequests },
]

/** curl 7.88 takes a kept tunnel to the same target for another user too: its turns must differ in the target. */
export const curlTunnel: HttpClient = {
  name: 'curl --proxytunnel',
  ask: askCurl('--proxytunnel'),
  connections: 2,
  isInstalled: hasCurl,
}

async function inTurn(turns: readonly Turn[], ask: (turn: Turn) => Promise<string>): Promise<string[]> {
  const answers: string[] = []
  for (const turn of turns) answers.push((await ask(turn)).trim())
  return answers
}

/** forEach makes something for each endpoint when it is first used. */
function forEach<T>(make: (endpoint: Connection) => T): (endpoint: Connection) => T {
  const made = new Map<string, T>()
  return (endpoint) => {
    const known = made.get(endpoint.username) ?? make(endpoint)
    made.set(endpoint.username, known)
    return known
  }
}

function keptAgent(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  return agent
}

function askNode(turns: readonly Turn[]): Promise<string[]> {
  const agent = keptAgent()
  return inTurn(turns, async ({ url, endpoint }) => (await getThrough(endpoint, url, { agent })).body)
}

function askAxios(turns: readonly Turn[], { ca }: Authority): Promise<string[]> {
  const httpsAgent = new HttpsAgent({ keepAlive: true, ca })
  onTestFinished(() => httpsAgent.destroy())
  const client = createAxios({ httpAgent: keptAgent(), httpsAgent, responseType: 'text' })
  return inTurn(turns, async ({ url, endpoint: { host, port, username, password } }) => {
    const proxy = { protocol: 'http', host, port, auth: { username, password } }
    return (await client.get<string>(url, { proxy })).data
  })
}

function askGot(turns: readonly Turn[]): Promise<string[]> {
  const agent = keptAgent()
  return inTurn(turns, ({ url, endpoint }) => {
    const { host, port } = endpoint
    return got(url, {
      headers: { 'proxy-authorization': basic(endpoint) },
      agent: { http: agent },
      retry: { limit: 0 },
      request: ({ href }, { headers, method, agent: kept }, onResponse) =>
        requestHttp({ headers, method, agent: kept, host, port, path: href }, onResponse),
    }).text()
  })
}

function askGotByAgents(turns: readonly Turn[], { ca }: Authority): Promise<string[]> {
  const agentsOf = forEach((endpoint) => {
    const proxyEnv = { HTTP_PROXY: proxyUrl(endpoint), HTTPS_PROXY: proxyUrl(endpoint) }
    const http = new Agent({ keepAlive: true, proxyEnv })
    const https = new HttpsAgent({ keepAlive: true, proxyEnv, ca })
    for (const agent of [http, https]) onTestFinished(() => agent.destroy())
    return { http, https }
  })
  return inTurn(turns, ({ url, endpoint }) => got(url, { agent: agentsOf(endpoint), retry: { limit: 0 } }).text())
}

function askUndici(create: (origin: string) => Dispatcher, when: 'in turn' | 'at once' = 'in turn'): Ask {
  return (turns) => {
    const { host, port } = turns[0]?.endpoint ?? {}
    const dispatcher = create(`http://${host}:${port}`)
    onTestFinished(() => dispatcher.destroy())
    const ask = async ({ url, endpoint }: Turn) => {
      const headers = { host: new URL(url).host, 'proxy-authorization': basic(endpoint) }
      return (await (await dispatcher.request({ method: 'GET', path: url, headers })).body.text()).trim()
    }
    return when === 'at once' ? Promise.all(turns.map(ask)) : inTurn(turns, ask)
  }
}

function askProxyAgents(proxyTunnel: boolean): Ask {
  return (turns, { ca }) => {
    const agentOf = forEach((endpoint) => {
      const { host, port } = endpoint
      const agent = new ProxyAgent({
        uri: `http://${host}:${port}`,
        token: basic(endpoint),
        proxyTunnel,
        requestTls: { ca },
      })
      onTestFinished(() => agent.destroy())
      return agent
    })
    return inTurn(turns, async ({ url, endpoint }) =>
      (await requestUndici(url, { dispatcher: agentOf(endpoint) })).body.text(),
    )
  }
}

function askCurl(...options: string[]): Ask {
  return async (turns) => {
    const parts = turns.map(({ url, endpoint }, index) => {
      const next = index === 0 ? [] : ['--next']
      const proxy = ['--proxy', `http://${endpoint.host}:${endpoint.port}`, '--proxy-user', userinfo(endpoint)]
      return [...next, '--silent', '--show-error', '--max-time', '20', ...options, ...proxy, url]
    })
    return await runProgram('curl', parts.flat())
  }
}

const pythonProgram = `
import json, requests, sys
with requests.Session() as session:
    session.trust_env = False
    for url, proxy in json.loads(sys.argv[1]):
        reply = session.get(url, proxies={'http': proxy, 'https': proxy}, verify=sys.argv[2], timeout=20)
        print(reply.text.strip())
`

async function askPython(turns: readonly Turn[], { caFile }: Authority): Promise<string[]> {
  const asked = JSON.stringify(turns.map(({ url, endpoint }) => [url, proxyUrl(endpoint)]))
  return await runProgram('python3', ['-c', pythonProgram, asked, caFile])
}

/** Gives the lines that a program prints; our environment, which may name proxies, is not for it. */
async function runProgram(name: string, args: string[]): Promise<string[]> {
  const { PATH = '', HOME = '' } = process.env
  const { stdout } = await execute(name, args, { env: { PATH, HOME } })
  return stdout.trim().split('\n')
}
