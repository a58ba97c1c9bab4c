// npm run soak [seconds]: ten minutes of rotations every second under 200 clients, in place of a day of work.
import { runSoak } from './soak.ts'

const seconds = Number(process.argv[2] ?? 600)
const megabytes = ([middle, last]: readonly [number, number]) =>
  `${(middle / 2 ** 20).toFixed(1)} MB in the middle third, ${(last / 2 ** 20).toFixed(1)} MB in the last`

const { rotations, done, failures, excused, bytes, memory, left } = await runSoak(seconds, 200)
console.log(
  `${seconds} s, ${rotations} rotations, ${done} requests done, ${excused} failed with an exit that was broken`,
)
console.log(`failed without a reason: ${failures.length} ${failures.slice(0, 10).join('; ')}`)
console.log(`bytes: clients ${bytes.clients}, origins ${bytes.origins}`)
console.log(`resident: ${megabytes(memory.rss)}; in use: ${megabytes(memory.used)}`)
console.log(
  `left: ${left.connections} connections, ${left.exitConnections} at the exits; ${JSON.stringify(left.resources)}`,
)
const isFlat = memory.rss[1] <= memory.rss[0] * 1.05 && memory.used[1] <= memory.used[0] * 1.05
const isGood = failures.length === 0 && bytes.clients === bytes.origins && isFlat && left.exitConnections === 0
console.log(isGood ? 'passed' : 'FAILED')
process.exitCode = isGood ? 0 : 1
