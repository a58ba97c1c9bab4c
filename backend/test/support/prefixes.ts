import type { Parsed } from '../../src/plane/bytes/parsed.ts'

/** kindsOfPrefixes are what a parser says while a message comes byte by byte, but for its last one. */
export function kindsOfPrefixes<T>(parse: (bytes: Buffer) => Parsed<T>, message: Buffer): string[] {
  const kinds = new Set<string>()
  for (let length = 0; length < message.length; length++) kinds.add(parse(message.subarray(0, length)).kind)
  return [...kinds]
}

/** octetsOf are the bytes of a text of which each character is one octet. */
export function octetsOf(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}
