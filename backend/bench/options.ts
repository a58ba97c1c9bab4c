// What the environment says about a run of the bench.

/** How often each is measured, after a round that only warms up. */
export const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5)

/** A checkout with backend/dist built, such as the last release: it becomes one more contender. */
export const base = process.env['BENCH_BASE'] ?? null

const parts = process.env['BENCH_ONLY']?.split(',') ?? null

/** Whether a part is wanted: BENCH_ONLY names some of traffic, strangers, keys, store and dashboard; all without it. */
export function isWanted(part: 'traffic' | 'strangers' | 'keys' | 'store' | 'dashboard'): boolean {
  return parts === null || parts.includes(part)
}
