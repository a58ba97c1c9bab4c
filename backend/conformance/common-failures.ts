import { contenderNames } from './contenders.ts'
import type { Score } from './suite.ts'

/**
 * leaveOutCommonFailures takes out of the scores of one suite what fails through every proxy: curl's tests are of a client,
 * and what no proxy of several passes is about what proxies do, not about one of them (an answer that is not HTTP becomes a
 * 502, `Connection` is not passed on and so not counted). Unless all proxies ran, nothing can be said and all is left.
 */
export function leaveOutCommonFailures(scores: readonly Score[]): Score[] {
  if (scores.length < contenderNames.length) return [...scores]
  const failed = scores.map(({ failures }) => new Set(failures.map(({ test }) => test)))
  const isCommon = (test: string) => failed.every((tests) => tests.has(test))
  return scores.map((score) => {
    const common = score.failures.filter(({ test }) => isCommon(test))
    return {
      ...score,
      failures: score.failures.filter(({ test }) => !isCommon(test)),
      leftOut: [...score.leftOut, ...common.map(({ test }) => ({ test, why: 'no proxy passes it' }))],
    }
  })
}
