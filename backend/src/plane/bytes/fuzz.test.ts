import { describe, expect, it } from 'vitest'

import { runFuzz } from '../../../bench/fuzz-run.ts'

describe('messages that are nearly good', () => {
  it(
    'are framed as llhttp frames them, or refused, and stay so when they are written anew',
    { timeout: 60_000 },
    () => {
      const { counts, problems } = runFuzz(20_000, 1)

      expect(problems).toEqual([])
      expect(counts.get('both took it')).toBeGreaterThan(2_000)
      expect(counts.get('both refused it')).toBeGreaterThan(2_000)
    },
  )
})
