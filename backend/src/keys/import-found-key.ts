import { findProviderKeys } from '../contract/patterns.ts'

/** FoundKeys are the keys in a line; of one key also the line as it would be with the bare key alone in it. */
export type FoundKeys =
  | { kind: 'one'; key: string; text: string; region: string | null }
  | { kind: 'several'; keys: string[]; isAlone: boolean }
  | { kind: 'none' }

const keyParameter = /[?&]key=K[0-9a-f]{16}/i
const command = /^(?:[$>#]\s*)?(?:curl|wget|https?|iwr|irm|invoke-webrequest|invoke-restmethod)(?:\.exe)?\s/i
/** What ends a URL in a line. */
const urlEnds = ' \t"\'`,;|<>()'

/** findKey finds a key by its looks, wherever it stands: alone, between fields, in a URL or in a line for a shell. */
export function findKey(text: string): FoundKeys {
  const keys = [...new Set(findProviderKeys(text))]
  const [key] = keys
  if (key === undefined) return { kind: 'none' }
  if (keys.length > 1) return { kind: 'several', keys, isAlone: isNothing(withoutKeys(text, keys)) }
  const url = findUrl(text)
  if (url === null) return { kind: 'one', key, text: onceIn(text, key), region: null }
  const bare = command.test(text) ? key : onceIn(text.slice(0, url.from) + key + text.slice(url.to), key)
  return { kind: 'one', key, text: bare, region: readRegion(text.slice(url.from, url.to)) }
}

/** The same key twice in a line is one key. */
function onceIn(text: string, key: string): string {
  const end = text.indexOf(key) + key.length
  return text.slice(0, end) + text.slice(end).replaceAll(key, '')
}

function withoutKeys(text: string, keys: readonly string[]): string {
  return keys.reduce((rest, key) => rest.replaceAll(key, ' '), text)
}

/** Signs and a number in front are nothing. */
function isNothing(text: string): boolean {
  return /^[^\p{L}\p{N}]*(?:\d{1,6}[^\p{L}\p{N}]*)?$/u.test(text)
}

function findUrl(text: string): { from: number; to: number } | null {
  const at = text.search(keyParameter)
  if (at === -1) return null
  let from = at
  let to = at + 1
  while (from > 0 && !urlEnds.includes(text.charAt(from - 1))) from -= 1
  while (to < text.length && !urlEnds.includes(text.charAt(to))) to += 1
  return { from, to }
}

function readRegion(url: string): string | null {
  const query = url.slice(url.indexOf('?') + 1)
  return new URLSearchParams(query.split('#')[0]).get('region')
}
