/** isSameList tells whether two lists have equal members in the same order. */
export function isSameList<T>(a: readonly T[], b: readonly T[], isSame: (a: T, b: T) => boolean): boolean {
  if (a === b) return true
  return a.length === b.length && a.every((member, index) => member === b[index] || isSame(member, b[index] as T))
}
