// npm run bench. BENCH_ROUNDS, BENCH_ONLY and BENCH_BASE: see options.ts.
import { cpus } from 'node:os'

import { benchDashboard } from './dashboard.ts'
import { benchManyKeys } from './many-keys.ts'
import type { Result } from './measure.ts'
import { isWanted } from './options.ts'
import { benchStore } from './store.ts'
import { benchStrangers } from './strangers.ts'
import { benchTraffic } from './traffic.ts'

const lines: Result[] = []
let table = ''
if (isWanted('traffic')) {
  const traffic = await benchTraffic()
  table = `${traffic.table}\n\n`
  lines.push(...traffic.results)
}
if (isWanted('strangers')) lines.push(...(await benchStrangers()))
if (isWanted('keys')) for (const count of [100, 1000]) lines.push(...(await benchManyKeys(count)))
if (isWanted('store')) lines.push(...(await benchStore()))
if (isWanted('dashboard')) lines.push(...(await benchDashboard()))

console.log(
  `\n${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores, Node ${process.version}; medians, spread`,
)
console.log(`\n${table}| what | measured | target |\n|---|---|---|`)
for (const { what, value, target } of lines) console.log(`| ${what} | ${value} | ${target} |`)
