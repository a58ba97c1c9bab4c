import type { ProxyKey } from '../contract/index.ts'

/**
 * derived computes something of a key once per version of its row: rows are frozen, and a row that did not change stays the
 * same object.
 */
export function derived<T>(compute: (key: ProxyKey) => T): (key: ProxyKey) => T {
  const known = new WeakMap<ProxyKey, { value: T }>()
  return (key) => {
    const found = known.get(key)
    if (found) return found.value
    const value = compute(key)
    known.set(key, { value })
    return value
  }
}
