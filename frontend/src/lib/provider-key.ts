import {
  cleanProviderKey,
  findProviderKeys,
  holdsSeveralKeys,
  isOnePiece,
  providerKeyPattern,
} from '../../../backend/src/contract/patterns.ts'
import { maskKey } from '../../../backend/src/lib/mask.ts'

/** isProviderKey tells whether a text can be a provider's key at all; whether it is good is the provider's word. */
export function isProviderKey(text: string): boolean {
  return providerKeyPattern.test(text)
}

/** Pasted is what a text is that came into the place of a key. */
export type Pasted = { kind: 'key'; key: string } | { kind: 'named'; key: string; name: string } | { kind: 'many' }

/** readPasted tells a key from a key with its name (`name|key`) and from what only an import understands. */
export function readPasted(text: string): Pasted {
  if (holdsSeveralKeys(text)) return { kind: 'many' }
  const [key] = findProviderKeys(text)
  if (isOnePiece(text) && (key === undefined || key === cleanProviderKey(text))) {
    return { kind: 'key', key: cleanProviderKey(text) }
  }
  if (key === undefined) return isOneLine(text) ? { kind: 'key', key: text.trim() } : { kind: 'many' }
  const [before = '', after = ''] = text.split(key).map((part) => part.replace(/^[\s|,;:]+/, ''))
  const name = (before || after).replace(/[|,;:]\s*$/, '').trim()
  const isPlain = isOneLine(text) && (before === '' || after === '') && !/[|,;=?\t]/.test(name)
  return isPlain ? { kind: 'named', key, name } : { kind: 'many' }
}

function isOneLine(text: string): boolean {
  return !/[\r\n\u2028\u2029]/.test(text.trim())
}

/** maskKeys hides the middle of every key in a text. */
export function maskKeys(text: string): string {
  return findProviderKeys(text).reduce((rest, key) => rest.replaceAll(key, maskKey(key)), text)
}
