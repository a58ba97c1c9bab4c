import { expect, it } from 'vitest'

import { verbCases, type HappeningCases } from '../../../test/support/happening-cases.ts'
import { upstreamCases } from '../../../test/support/upstream-cases.ts'
import { happened, type HappeningKind } from '../../contract/index.ts'
import { describe } from './describe.ts'

/** A kind that is missing does not compile. */
const cases: HappeningCases<HappeningKind> = { ...verbCases, ...upstreamCases }

function sentencesOf<Kind extends HappeningKind>(kind: Kind) {
  return cases[kind].map(([facts, by, english, vietnamese]) => ({ kind, facts, by, english, vietnamese }))
}

it.each(happened.options.map(({ shape }) => shape.kind.value))('tells %s in both languages', (kind) => {
  const told = sentencesOf(kind)

  expect(told.length).toBeGreaterThan(0)
  for (const { facts, by, english, vietnamese } of told) {
    const stored = happened.parse(JSON.parse(JSON.stringify({ kind, facts, by })))
    expect(describe('en', stored)).toBe(english)
    expect(describe('vi', stored)).toBe(vietnamese)
  }
})
