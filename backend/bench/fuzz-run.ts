import { compare, type Comparison } from './fuzz-compare.ts'
import { createMutant } from './fuzz-mutants.ts'

/** More problems than this are not kept, only counted. */
const maxKept = 20
const slowMs = 1_000

/** FuzzResult is what came of many mutants. A mutant that is a problem is made again from its seed. */
export interface FuzzResult {
  readonly counts: ReadonlyMap<Comparison['kind'], number>
  /** How often we took what llhttp refused, by reason. */
  readonly reasons: ReadonlyMap<string, number>
  readonly problems: readonly string[]
}

/** runFuzz compares our readers with llhttp over the mutants of the seeds from `seed` on. */
export function runFuzz(count: number, seed: number): FuzzResult {
  const counts = new Map<Comparison['kind'], number>()
  const reasons = new Map<string, number>()
  const problems: string[] = []
  for (let own = seed; own < seed + count; own++) {
    const comparison = judge(own)
    add(counts, comparison.kind)
    if (comparison.kind === 'only we took it') add(reasons, comparison.reason)
    if (comparison.kind === 'problem' && problems.length < maxKept) problems.push(tell(own, comparison.problem))
  }
  return { counts, reasons, problems }
}

function judge(seed: number): Comparison {
  const startedAt = performance.now()
  try {
    const comparison = compare(createMutant(seed))
    return performance.now() - startedAt < slowMs ? comparison : { kind: 'problem', problem: 'it took over a second' }
  } catch (error) {
    return { kind: 'problem', problem: `thrown: ${error instanceof Error ? error.stack : String(error)}` }
  }
}

function tell(seed: number, problem: string): string {
  const { type, method, bytes } = createMutant(seed)
  return `seed ${seed} (${type}, ${method}): ${problem}\n  ${JSON.stringify(bytes.toString('latin1'))}`
}

function add<T>(counts: Map<T, number>, what: T): void {
  counts.set(what, (counts.get(what) ?? 0) + 1)
}
