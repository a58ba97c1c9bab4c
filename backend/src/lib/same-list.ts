/** isSameList tells whether two lists have equal members in the same order. */
export function isSameList<T>(a: readonly T[], b: readonly T[], isSame: (a: T, b: T) => boolean): boolean {
  return a.length === b.length && a.every((member, index) => isSame(member, b[index] as T))
}
