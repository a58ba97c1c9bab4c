/** Octets of HTTP by what they may be part of (RFC 9110, 5.6.2 and 5.5; RFC 9112, 3). */
export const tokenOctet = 1
export const valueOctet = 2

export const horizontalTab = 9
export const lineFeed = 10
export const carriageReturn = 13
export const space = 32
export const colon = 58

/** octets tells the classes of each of the 256 octets. */
export const octets = new Uint8Array(256)

for (let octet = 0x20; octet < 0x100; octet++) if (octet !== 0x7f) octets[octet] = valueOctet
octets[horizontalTab] = valueOctet
const tokenCharacters = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
for (const character of tokenCharacters) octets[character.charCodeAt(0)] = tokenOctet | valueOctet

/** trimBlanks drops spaces and tabs around a value, and nothing else: other octets are content, in UTF-8 letters among them. */
export function trimBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return start === 0 && end === text.length ? text : text.slice(start, end)
}

export function isBlank(octet: number | undefined): boolean {
  return octet === space || octet === horizontalTab
}

/** isToken tells whether this may be the name of a field (RFC 9110, 5.6.2). */
export function isToken(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (((octets[text.charCodeAt(index)] ?? 0) & tokenOctet) === 0) return false
  }
  return text !== ''
}
