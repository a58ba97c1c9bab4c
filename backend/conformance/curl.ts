import type { Contender, ContenderName } from './contenders.ts'
import { runCurlTests, type CurlRun } from './curl-run.ts'
import { Parent, type ParentOptions } from './parent.ts'
import type { Failure, Score } from './suite.ts'

const curlSuite = 'curl/curl'

/** CurlPlan says which of curl's tests count for a proxy, and why the others do not. */
export interface CurlPlan {
  counting: number[]
  leftOut: Failure[]
}

/**
 * planCurl finds the tests that say something about a proxy. Of those about HTTP that curl's build can run, a test counts
 * when it
 * - passes through our own parent alone, which passes on every byte: what fails there can't be run through any proxy (the
 *   test has a proxy of its own, or a server whose messages only curl understands), and
 * - fails when that parent refuses every request: what passes then does not use the proxy.
 */
export async function planCurl(folder: string): Promise<CurlPlan> {
  const open = await runThrough({}, folder, ['HTTP'])
  const shut = await runThrough({ accepts: isServerCheck, acceptsTunnels: false }, folder, numbers(open.passed))
  const leftOut = [
    ...[...open.failed.keys()].map((test) => describe(open, test, 'fails through a parent that changes nothing')),
    ...[...shut.passed].map((test) => describe(open, test, 'does not use the proxy')),
  ]
  return { counting: [...open.passed].filter((test) => !shut.passed.has(test)), leftOut }
}

/** runtests.pl asks for this page, through the proxy, to see whether its servers run. */
function isServerCheck(target: URL): boolean {
  return target.pathname.endsWith('/verifiedserver')
}

async function runThrough(options: ParentOptions, folder: string, selection: readonly string[]): Promise<CurlRun> {
  const parent = await new Parent(options).start()
  try {
    return await runCurlTests(folder, parent.port, selection)
  } finally {
    await parent.stop()
  }
}

/** runCurl runs the tests that count. What fails is run once more: some tests are about time, on a machine with other work. */
export async function runCurl(
  folder: string,
  plan: CurlPlan,
  contender: Contender,
  name: ContenderName,
): Promise<Score> {
  const first = await runCurlTests(folder, contender.port, numbers(plan.counting))
  const again = first.failed.size > 0 ? await runCurlTests(folder, contender.port, numbers(first.failed.keys())) : first
  const failures = [...again.failed.keys()].map((test) =>
    describe(again, test, summarize(again.failed.get(test) ?? '')),
  )
  const passed = plan.counting.length - failures.length
  return { suite: curlSuite, contender: name, passed, failures, leftOut: plan.leftOut }
}

function numbers(tests: Iterable<number>): string[] {
  return Array.from(tests, String)
}

function describe(run: CurlRun, test: number, why: string): Failure {
  return { test: `${test} ${run.names.get(test) ?? ''}`, why }
}

/** The part that differs and the lines that do, `-` for what is missing and `+` for what is there instead. */
function summarize(text: string): string {
  const part = /\d+: (.*FAILED.*)/.exec(text)?.[1] ?? text.trim().split('\n').at(-1) ?? ''
  const lines = text.split('\n').filter((line) => /^[-+](?![-+])/.test(line))
  return [part, ...lines].join(' | ').slice(0, 500)
}
