const goldenRatio = 0.618_033_988_749_895

/**
 * spread is a place in an interval, from 0 to 1, for each id: multiples of the golden ratio fill it evenly for any number of ids
 * that follow one another.
 */
export function spread(id: number): number {
  return (id * goldenRatio) % 1
}
