import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { leaveOutCommonFailures } from './common-failures.ts'
import { startContender, type Contender, type ContenderName } from './contenders.ts'
import { planCurl, runCurl } from './curl.ts'
import { runDesync } from './desync.ts'
import { readOptions, suites } from './options.ts'
import { Parent } from './parent.ts'
import { runProbe } from './probe.ts'
import { runPythonSocks } from './python-socks.ts'
import type { Score } from './suite.ts'
import { formatDetails, formatScores } from './table.ts'

const { folders, product, python, contenders, out } = readOptions(process.argv.slice(2), process.env)

for (const { option, repository } of suites) {
  if (folders[option] === undefined)
    console.log(`Without ${repository}: clone it and give its folder with --${option}.`)
}
if (contenders.includes('Stillpoint') && !existsSync(join(product, 'backend/dist/src/main.js'))) {
  throw new Error(`${product} is not built: run 'npm run build' there.`)
}

/** Starts each proxy with a parent of its own, and gives it to `run`. */
async function withEach(
  run: (contender: Contender, name: ContenderName, parent: Parent) => Promise<Score>,
): Promise<Score[]> {
  const scores: Score[] = []
  for (const name of contenders) {
    const parent = await new Parent().start()
    try {
      const contender = await startContender(name, parent.port, product)
      if (contender) scores.push(report(await runThenStop(contender, () => run(contender, name, parent))))
      else console.log(`Without ${name}: it is not installed.`)
    } finally {
      await parent.stop()
    }
  }
  return scores
}

async function runThenStop(contender: Contender, run: () => Promise<Score>): Promise<Score> {
  try {
    return await run()
  } finally {
    await contender.stop()
  }
}

function report(score: Score): Score {
  console.log(`${score.suite}, ${score.contender}: ${score.passed} of ${score.passed + score.failures.length}`)
  return score
}

async function runPython(folder: string): Promise<Score[]> {
  const scores: Score[] = []
  for (const name of contenders) {
    const score = await runPythonSocks({ folder, python, name, productFolder: product })
    if (score) scores.push(report(score))
  }
  return scores
}

async function runAll(): Promise<Score[]> {
  const scores: Score[] = []
  const { curl, http11probe, 'desync-guardian': desync, 'python-socks': pythonSocks } = folders
  if (desync !== undefined) {
    scores.push(
      ...(await withEach((contender, name, parent) => runDesync({ folder: desync, parent, contender, name }))),
    )
  }
  if (http11probe !== undefined) {
    scores.push(...(await withEach((contender, name) => runProbe(http11probe, contender, name))))
  }
  if (pythonSocks !== undefined) scores.push(...(await runPython(pythonSocks)))
  if (curl !== undefined) {
    const plan = await planCurl(curl)
    const all = await withEach((contender, name) => runCurl(curl, plan, contender, name))
    scores.push(...leaveOutCommonFailures(all))
  }
  return scores
}

const scores = await runAll()
const table = formatScores(scores)
if (out === null) console.log(`\n${formatDetails(scores)}`)
else writeFileSync(out, `${table}\n\n${formatDetails(scores)}\n`)
console.log(`\n${table}`)
