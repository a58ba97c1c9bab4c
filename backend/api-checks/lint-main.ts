// npm run lint-api: Redocly's linter over the description of the API.
import { readDescription } from '../test/support/description.ts'
import { lintDescription } from './lint.ts'

const problems = await lintDescription(await readDescription())
for (const { severity, rule, text } of problems) console.log(`${severity} ${rule}: ${text}`)
const isGood = !problems.some(({ severity }) => severity === 'error')
console.log(isGood ? 'passed' : 'FAILED')
process.exitCode = isGood ? 0 : 1
