// Free of libraries, so that the dashboard can use all of this too.

/** providerKeyPattern is what can be a provider's key at all. */
export const providerKeyPattern = /^[\w-]{8,128}$/

/** A K is no hexadecimal digit: keys stay apart even where nothing stands between them. */
const keysAlone = /^(?:K[0-9a-f]{16,64})+$/i
const wholeKey = /^K[0-9a-f]{16,64}$/i
const fullKey = /^K[0-9a-f]{32,64}$/i
const invisible =
  /(?<!\p{Extended_Pictographic}\uFE0F?)\u200D|[\u00AD\u200B\u200C\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/gu

/** dropInvisible takes away what web pages and messengers put between letters and nobody sees; joined emoji stay joined. */
export function dropInvisible(text: string): string {
  return text.replaceAll(invisible, '')
}

/** cleanProviderKey drops white space, seen and unseen. */
export function cleanProviderKey(text: string): string {
  return dropInvisible(text).replaceAll(/\s+/g, '')
}

/** findProviderKeys gives each text that looks like a key of KiotProxy: a K and 16 to 64 hexadecimal digits, nothing glued to it but others. */
export function findProviderKeys(text: string): string[] {
  const words = dropInvisible(text).match(/[0-9A-Za-z]+/g) ?? []
  return words.filter((word) => keysAlone.test(word)).flatMap((word) => word.split(/(?=K)/i))
}

/** holdsSeveralKeys tells whether a text is more than one key, although it would be one word without its blanks. */
export function holdsSeveralKeys(text: string): boolean {
  return findProviderKeys(cleanProviderKey(text)).length > 1 || findProviderKeys(text).length > 1
}

/** isOnePiece tells whether the blanks in a text can be left out: KiotProxy's key may be broken over lines, anything else is two things. */
export function isOnePiece(text: string): boolean {
  const pieces = dropInvisible(text).split(/\s+/).filter(Boolean)
  if (pieces.length <= 1) return true
  return wholeKey.test(cleanProviderKey(text)) && !pieces.some((piece) => fullKey.test(piece))
}

/** looksLikeKey tells whether a name holds, or is, a provider key or the token of an account: names are stored and shown in clear. */
export function looksLikeKey(name: string): boolean {
  const text = dropInvisible(name)
  return /K[0-9a-f]{16}|[0-9a-f]{32}/i.test(text) || wholeKey.test(text.replaceAll(/\s+/g, ''))
}

/** splitLines splits a text at whatever an editor or a spreadsheet ends lines with; what is empty at its end is no line. */
export function splitLines(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/)
  while (lines.length > 1 && dropInvisible(lines.at(-1) ?? '').trim() === '') lines.pop()
  return lines
}
