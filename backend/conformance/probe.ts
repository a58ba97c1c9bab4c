import type { Contender, ContenderName } from './contenders.ts'
import { Origin } from './origin.ts'
import { readProbeCases } from './probe/cases.ts'
import { runCase } from './probe/run.ts'
import { targetsInText } from './probe/targets.ts'
import type { Score } from './suite.ts'

const probeSuite = 'MDA2AV/Http11Probe'

/** What is right for a server and not for a proxy. */
const notForProxies = new Map([
  ['COMP-METHOD-CONNECT', 'a server must refuse CONNECT, a proxy is there for it'],
  ['SMUG-ABSOLUTE-URI-HOST-MISMATCH', 'a proxy goes by the target, which is another host (RFC 9112, 3.2.2)'],
])

/**
 * runProbe reads the suite's tests from its C# source and sends them through the proxy to an origin that takes everything.
 * As in the suite's own score, what it warns of (both ways are allowed) has passed, and what it does not score is left out.
 */
export async function runProbe(folder: string, contender: Contender, name: ContenderName): Promise<Score> {
  const origin = await new Origin().start()
  const score: Score = { suite: probeSuite, contender: name, passed: 0, failures: [], leftOut: [] }
  try {
    const { authority } = origin
    const context = { Host: '127.0.0.1', Port: Number(authority.split(':')[1]), HostHeader: authority }
    for (const test of readProbeCases(folder, (text) => targetsInText(text, authority))) {
      const reason = test.Scored === false ? 'the suite does not score it' : notForProxies.get(test.Id)
      if (reason !== undefined) {
        score.leftOut.push({ test: test.Id, why: reason })
        continue
      }
      const { verdict, seen, sent } = await runCase(test, contender.port, context)
      if (verdict === 'Pass' || verdict === 'Warn') score.passed += 1
      else score.failures.push({ test: test.Id, why: `${test.Description} [${seen}]: ${show(sent)}` })
    }
    return score
  } finally {
    await origin.stop()
  }
}

function show(bytes: Buffer): string {
  return JSON.stringify(bytes.toString('latin1').slice(0, 300))
}
