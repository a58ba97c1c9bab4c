import type { Contender, ContenderName } from './contenders.ts'
import { formatProxyRequest, readTestRequests, type TestRequest } from './desync-cases.ts'
import { Origin } from './origin.ts'
import type { Parent } from './parent.ts'
import { RawClient } from './raw-client.ts'
import type { Failure, Score } from './suite.ts'

const desyncSuite = 'aws/http-desync-guardian'

/** A refusal comes from the head alone. */
const timeoutMs = 2000

interface Parts {
  folder: string
  parent: Parent
  contender: Contender
  name: ContenderName
}

/**
 * runDesync sends every test request through the proxy. Those in the severe tier must be refused: an answer from 400 on, or
 * the end of the connection, and nothing reached the upstream. Compliant ones must get through, or, where they have a
 * transfer coding other than chunked, be answered 501 (RFC 9112, 6.1). The tiers between are left to the proxy by the
 * suite's own words, and are not counted.
 */
export async function runDesync({ folder, parent, contender, name }: Parts): Promise<Score> {
  const origin = await new Origin().start()
  const score: Score = { suite: desyncSuite, contender: name, passed: 0, failures: [], leftOut: [] }
  try {
    for (const request of readTestRequests(folder)) {
      const { tier } = request.expected
      if (tier === 'Compliant' && request.uri.includes('#')) {
        score.leftOut.push({ test: request.name, why: 'a fragment is not part of a target (RFC 9112, 3.2)' })
        continue
      }
      if (tier !== 'Severe' && tier !== 'Compliant') {
        score.leftOut.push({ test: request.name, why: `${tier}: the suite leaves it to the proxy` })
        continue
      }
      const failure = await judge(request, tier, { origin, parent, port: contender.port })
      if (failure) score.failures.push(failure)
      else score.passed += 1
    }
    return score
  } finally {
    await origin.stop()
  }
}

async function judge(
  request: TestRequest,
  tier: 'Severe' | 'Compliant',
  { origin, parent, port }: { origin: Origin; parent: Parent; port: number },
): Promise<Failure | null> {
  const arrivals = () => (parent.arrivals.get(origin.authority) ?? 0) + (parent.arrivals.get('') ?? 0)
  const before = arrivals()
  const bytes = formatProxyRequest(request, origin.authority)
  const client = await RawClient.connect(port)
  await client.send(bytes)
  const { bytes: answer, state } = await client.read(timeoutMs)
  client.close()
  const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(answer.toString('latin1'))?.[1] ?? 0)
  const hasPassed = arrivals() > before
  const isRefused = !hasPassed && (status >= 400 || (status === 0 && state === 'ClosedByServer'))
  const isRight = tier === 'Severe' ? isRefused : hasPassed || (status === 501 && hasOtherCoding(request))
  if (isRight) return null
  const seen = `${status === 0 ? state : status}, ${hasPassed ? 'passed on' : 'not passed on'}`
  return { test: `${tier}: ${request.name}`, why: `${seen}: ${JSON.stringify(bytes.toString('latin1').slice(0, 300))}` }
}

function hasOtherCoding({ headers }: TestRequest): boolean {
  const codings = (headers ?? []).filter(({ name }) => name.toLowerCase() === 'transfer-encoding')
  return codings.some(({ value }) => value.trim().toLowerCase() !== 'chunked')
}
