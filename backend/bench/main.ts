import { cpus } from 'node:os'

import { benchManyKeys, type Result } from './many-keys.ts'

const results: Result[] = []
for (const count of [100, 1000]) results.push(...(await benchManyKeys(count)))

console.log(`\n${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores, Node ${process.version}\n`)
console.log('| what | measured | target |\n|---|---|---|')
for (const { what, value, target } of results) console.log(`| ${what} | ${value} | ${target} |`)
