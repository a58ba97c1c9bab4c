import { contenderNames } from './contenders.ts'
import type { Failure, Score } from './suite.ts'

/** formatScores is a Markdown table: a line for each suite, a column for each proxy that ran. */
export function formatScores(scores: readonly Score[]): string {
  const names = contenderNames.filter((name) => scores.some(({ contender }) => contender === name))
  const lines = unique(scores.map(({ suite }) => suite)).map((suite) => {
    const cells = names.map((name) =>
      formatCell(scores.find((score) => score.suite === suite && score.contender === name)),
    )
    return `| ${suite} | ${cells.join(' | ')} |`
  })
  return [`| suite | ${names.join(' | ')} |`, `| --- |${' --- |'.repeat(names.length)}`, ...lines].join('\n')
}

function formatCell(score: Score | undefined): string {
  return score ? `${score.passed} of ${score.passed + score.failures.length}` : 'not run'
}

/** formatDetails lists each proxy's failures, and what of a suite was left out and why. */
export function formatDetails(scores: readonly Score[]): string {
  const parts = scores.map(({ suite, contender, failures }) => formatList(`${suite}, ${contender}: failures`, failures))
  const leftOut = unique(scores.map(({ suite }) => suite)).map((suite) => {
    const [score] = scores.filter((each) => each.suite === suite)
    return formatCounts(`${suite}: left out`, score?.leftOut ?? [])
  })
  return [...parts, ...leftOut].join('\n\n')
}

function formatList(title: string, failures: readonly Failure[]): string {
  const lines = failures.map(({ test, why }) => `- ${test}\n  ${why}`)
  return [`## ${title}`, '', ...(lines.length > 0 ? lines : ['none'])].join('\n')
}

function formatCounts(title: string, leftOut: readonly Failure[]): string {
  const reasons = unique(leftOut.map(({ why }) => why))
  const lines = reasons.map((reason) => {
    const tests = leftOut.filter(({ why }) => why === reason).map(({ test }) => test)
    return `- ${reason}: ${tests.length} (${tests.join('; ')})`
  })
  return [`## ${title}`, '', ...lines].join('\n')
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)]
}
