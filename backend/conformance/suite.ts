import type { ContenderName } from './contenders.ts'

/** Failure is a test that counts and did not pass. */
export interface Failure {
  test: string
  /** What came instead of what should have. */
  why: string
}

/** Score is what became of one suite with one proxy. */
export interface Score {
  suite: string
  contender: ContenderName
  passed: number
  failures: Failure[]
  /** Tests that were run and do not count, with the reason. */
  leftOut: Failure[]
}
