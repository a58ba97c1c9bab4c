// npm run siege [-- SECONDS [DEED...]]: ten minutes of strangers, 100,000 in all, who do what is hostile; with names of deeds, only
// those.
import { runSiege, type Watched } from './siege.ts'

const perSecond = 100_000 / 600
const [seconds = '600', ...only] = process.argv.slice(2)
const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`
const watched = ({ asked, failures, slowest }: Watched) =>
  `${asked} times, ${failures.length} failed ${failures.slice(0, 3).join('; ')}, the slowest ${slowest.toFixed(0)} ms`

const result = await runSiege({
  seconds: Number(seconds),
  perSecond,
  concurrency: 1_500,
  only,
})
const { deeds, honest, health, store, memory, descriptors, traces } = result
console.log('| deed | door | connections | not ended |\n|---|---|---|---|')
for (const { name, door, opened, outstayed } of deeds) console.log(`| ${name} | ${door} | ${opened} | ${outstayed} |`)
const count = (what: 'opened' | 'outstayed') => deeds.reduce((sum, deed) => sum + deed[what], 0)
const times = honest.p99 / honest.quietP99
console.log(`\n${count('opened')} strangers in ${seconds} s, ${count('outstayed')} not ended by the other side`)
console.log(`clients: ${honest.done} requests, ${honest.failures.length} failed`)
for (const failure of honest.failures.slice(0, 10)) console.log(`  ${failure}`)
console.log(
  `p99 ${honest.p99.toFixed(1)} ms, ${times.toFixed(1)} x the ${honest.quietP99.toFixed(1)} ms of quiet; the slowest ${honest.slowest.toFixed(0)} ms`,
)
console.log(`health: ${watched(health)}\nchanges of the store: ${watched(store)}`)
console.log(
  `memory in use ${megabytes(memory.before.used)}, then ${megabytes(memory.after.used)}; resident ${megabytes(memory.before.rss)}, then ${megabytes(memory.after.rss)}, at most ${memory.peakMegabytes.toFixed(1)} MB`,
)
console.log(`descriptors ${descriptors.before}, then ${descriptors.after}; lines of stack traces: ${traces}`)
const checks: readonly [what: string, holds: boolean][] = [
  ['no request of a client fails', honest.failures.length === 0],
  ['p99 is at most three times what it is in quiet', times <= 3],
  ['the API and the store answer', health.failures.length + store.failures.length === 0],
  ['memory in use ends within 10 % of where it began', memory.after.used <= memory.before.used * 1.1],
  ['resident memory ends within 10 % of where it began', memory.after.rss <= memory.before.rss * 1.1],
  ['every stranger is ended', count('outstayed') === 0],
  ['nothing is left open', descriptors.after <= descriptors.before],
  ['no stack trace is printed', traces === 0],
]
for (const [what, holds] of checks) console.log(`${holds ? 'holds' : 'FAILS'}: ${what}`)
const isGood = checks.every(([, holds]) => holds)
console.log(isGood ? 'passed' : 'FAILED')
process.exitCode = isGood ? 0 : 1
