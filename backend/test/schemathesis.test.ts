import { expect, it } from 'vitest'

import { tryApi } from '../api-checks/schemathesis.ts'
import { getSchemathesis } from '../scripts/schemathesis.mjs'

const found = getSchemathesis()
const missing = found.missing === undefined ? '' : ` (left out: ${found.missing})`

/** These end what all the rest is tried with, or need what only chance would give. */
const hardToPlease = ['POST /api/auth/password', 'DELETE /api/auth/sessions/{id}', 'POST /api/proxies/{id}/restore']

it.skipIf(found.missing !== undefined)(
  `does what its description says, whatever is asked of it${missing}`,
  async () => {
    if (found.missing !== undefined) return
    const { isGood, output, answers, operations } = await tryApi(found, {
      phases: ['examples', 'coverage', 'fuzzing', 'stateful'],
      examples: 2,
      seed: 1,
      limitMs: 300_000,
    })

    expect(isGood, output).toBe(true)
    const wentWell = operations.filter((name) =>
      Object.keys(answers[name] ?? {}).some((status) => status.startsWith('2')),
    )
    expect(operations.length).toBeGreaterThan(30)
    expect(operations.filter((name) => !wentWell.includes(name) && !hardToPlease.includes(name))).toEqual([])
  },
  330_000,
)
