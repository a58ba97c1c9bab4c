import commonPasswords from './common-passwords.json' with { type: 'json' }

const known = new Set(commonPasswords.passwords)
/** Nobody else's list has these. */
const ownWords = ['stillpoint', 'kiotproxy']

/**
 * isCommonPassword tells whether a password is among the first that a guesser tries: a frequent one, the user's or the
 * product's name, or one of these twice over or with digits and signs behind it; however it is written.
 */
export function isCommonPassword(password: string, username: string): boolean {
  const plain = password.normalize('NFKC').toLowerCase()
  const names = [username.normalize('NFKC').toLowerCase(), ...ownWords]
  const stem = plain.replace(/[\d\p{P}\p{S}\s]+$/u, '')
  if (known.has(plain)) return true
  if (names.some((name) => name === plain || name === stem)) return true
  return isRepeated(plain, known, names)
}

/** Whether a piece of up to four characters makes all of it, or a frequent word or a name comes twice. */
function isRepeated(text: string, words: ReadonlySet<string>, names: readonly string[]): boolean {
  if (/^(.{1,4})\1+$/u.test(text)) return true
  const half = text.slice(0, text.length / 2)
  return half + half === text && (words.has(half) || names.includes(half))
}
