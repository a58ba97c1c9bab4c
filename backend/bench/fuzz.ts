// npm run fuzz [-- count [seed]]: our readers of HTTP beside llhttp, over mutants of good and tricky messages.
import { runFuzz } from './fuzz-run.ts'

const count = Number(process.argv[2] ?? 1_000_000)
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000_000)

console.log(`${count} mutants from seed ${seed} on; again: npm run fuzz -- ${count} ${seed}`)
const startedAt = performance.now()
const { counts, reasons, problems } = runFuzz(count, seed)
console.log(`${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
for (const [kind, times] of counts) console.log(`${times} ${kind}`)
console.log('\nWhat we took and llhttp refused:')
for (const [reason, times] of [...reasons].toSorted(([, a], [, b]) => b - a)) console.log(`${times} ${reason}`)
for (const problem of problems) console.log(`\n${problem}`)
console.log(problems.length === 0 ? '\npassed' : '\nFAILED')
process.exitCode = problems.length === 0 ? 0 : 1
