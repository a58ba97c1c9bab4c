import type { Endpoint, JoinedProxy, ProxyKey } from '../contract/index.ts'

/** Rows are frozen, so what is made of the same two stays the same. */
const known = new WeakMap<ProxyKey, JoinedProxy>()

/** join puts a key and its endpoint together; as long as neither changed it is the same object. */
export function join(key: ProxyKey, endpoint: Endpoint): JoinedProxy {
  const found = known.get(key)
  if (found?.endpoint === endpoint) return found
  const made = Object.freeze({ key, endpoint })
  known.set(key, made)
  return made
}
