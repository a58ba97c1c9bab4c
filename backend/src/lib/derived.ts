/**
 * derived computes something of an object once per version of it: data is frozen, and a row that did not change stays the
 * same object.
 */
export function derived<K extends object, T>(compute: (source: K) => T): (source: K) => T {
  const known = new WeakMap<K, { value: T }>()
  return (source) => {
    const found = known.get(source)
    if (found) return found.value
    const value = compute(source)
    known.set(source, { value })
    return value
  }
}
