/** Turn is when something is to be done, and the last moment at which it may. */
export interface Turn {
  at: number
  latest: number
}

/**
 * spaceOut moves turns, in their order, so that each comes at least `gapMs` after the one before it and after `lastAt`, when one was
 * taken last. None comes earlier than it would have, and none is moved beyond its last moment.
 */
export function spaceOut(turns: readonly Turn[], gapMs: number, lastAt: number): number[] {
  const times = turns.map(({ at }) => at)
  const order = turns.map((turn, index) => ({ ...turn, index })).toSorted((a, b) => a.at - b.at)
  let free = lastAt + gapMs
  for (const { at, latest, index } of order) {
    const time = Math.max(at, Math.min(free, latest))
    times[index] = time
    free = Math.max(free, time + gapMs)
  }
  return times
}
