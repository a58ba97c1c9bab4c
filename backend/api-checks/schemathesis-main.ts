// npm run try-api [examples] [seed]: Schemathesis over every operation, with 100 examples of each where nothing else is said.
import { getSchemathesis } from '../scripts/schemathesis.mjs'
import { tryApi } from './schemathesis.ts'

const [examples = '100', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2)
const found = getSchemathesis()
if (found.missing !== undefined) throw new Error(`Schemathesis is needed for this, and ${found.missing}.`)

const outcome = await tryApi(found, {
  phases: ['examples', 'coverage', 'fuzzing', 'stateful'],
  examples: Number(examples),
  seed: Number(seed),
  limitMs: 60 * 60_000,
  onOutput: (text) => process.stdout.write(text),
})
for (const operation of outcome.operations) {
  const counts = Object.entries(outcome.answers[operation] ?? {}).map(([status, count]) => `${status}: ${count}`)
  console.log(`${operation.padEnd(50)} ${counts.join(', ')}`)
}
for (const line of outcome.errors) console.log(line)
console.log(outcome.isGood ? 'passed' : 'FAILED')
process.exitCode = outcome.isGood ? 0 : 1
