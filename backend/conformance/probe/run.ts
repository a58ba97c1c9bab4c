import { setTimeout as delay } from 'node:timers/promises'

import { RawClient, type ConnectionState } from '../raw-client.ts'
import {
  judge,
  type Context,
  type Part,
  type ProbeCase,
  type Response,
  type Step,
  type StepResult,
  type Verdict,
} from './cases.ts'
import { parseResponse } from './response.ts'
import { targetInFirstLine } from './targets.ts'

/** Long enough for a proxy to answer, shorter than its patience with a client that says nothing more. */
const timeoutMs = 3000

/** Outcome is the suite's verdict and what it saw last. */
export interface Outcome {
  verdict: Verdict
  seen: string
  sent: Buffer
}

/** runCase sends one test to the proxy at this port, as the suite's own runner does to a server. */
export async function runCase(test: ProbeCase, port: number, context: Context): Promise<Outcome> {
  const client = await RawClient.connect(port)
  const log: Exchange = { sent: Buffer.alloc(0), results: [] }
  try {
    const steps = test.Steps ?? [test]
    for (const step of steps) await runStep(step, client, context, log)
    const last = log.results.at(-1)
    const [response, state] = [last?.Response ?? null, last?.ConnectionState ?? 'Open']
    const verdict = test.Validator ? test.Validator(log.results) : judge(test.Expected, response, state)
    const seen = log.results.map((result) => `${result.Response?.StatusCode ?? 'no answer'}, ${result.ConnectionState}`)
    return { verdict, seen: seen.join('; '), sent: log.sent }
  } finally {
    client.close()
  }
}

interface Exchange {
  sent: Buffer
  results: StepResult[]
}

async function runStep(step: Step, client: RawClient, context: Context, log: Exchange): Promise<void> {
  const Label = step.Label ?? `Step ${log.results.length + 1}`
  const before = log.results.at(-1)?.ConnectionState ?? 'Open'
  if (before !== 'Open') {
    log.results.push({ Label, Executed: false, Response: null, ConnectionState: before })
    return
  }
  for (const { PayloadFactory, DelayAfter = 0 } of partsOf(step, context, log.results)) {
    const bytes = targetInFirstLine(Buffer.from(Array.from(PayloadFactory(context))), context.HostHeader)
    log.sent = Buffer.concat([log.sent, bytes])
    await client.send(bytes)
    await delay(DelayAfter)
    if (client.isClosed) break
  }
  const { bytes, state } = await client.read(timeoutMs)
  log.results.push({ Label, Executed: true, Response: parseResponse(bytes), ConnectionState: settled(state, client) })
}

function settled(state: ConnectionState, client: RawClient): ConnectionState {
  return state === 'Open' && client.isClosed ? 'ClosedByServer' : state
}

function partsOf(step: Step, context: Context, results: readonly StepResult[]): readonly Part[] {
  const { SendPartsFactory, DynamicPayloadFactory, PayloadFactory } = step
  if (SendPartsFactory) return SendPartsFactory(context)
  if (DynamicPayloadFactory) return [{ PayloadFactory: (given) => DynamicPayloadFactory(given, results) }]
  if (PayloadFactory) return [{ PayloadFactory }]
  throw new Error('a step sends nothing')
}

export type { Response }
