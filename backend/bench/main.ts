import { cpus } from 'node:os'

import { benchDashboard } from './dashboard.ts'
import { benchManyKeys } from './many-keys.ts'
import type { Result } from './measure.ts'
import { benchTraffic } from './traffic.ts'

const { table, results } = await benchTraffic()
const manyKeys: Result[] = []
for (const count of [100, 1000]) manyKeys.push(...(await benchManyKeys(count)))
const dashboard = await benchDashboard()

console.log(
  `\n${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores, Node ${process.version}; medians, spread\n`,
)
console.log(table)
console.log('\n| what | measured | target |\n|---|---|---|')
for (const { what, value, target } of [...results, ...manyKeys, ...dashboard])
  console.log(`| ${what} | ${value} | ${target} |`)
