import { isBlank, isToken, octets, trimBlanks, valueOctet } from './octets.ts'

/**
 * mendHead puts right what careless servers send and browsers take, in the head of a response (RFC 9112, 2.2 and 5): lines
 * that end with LF alone, folded lines, blanks before a colon, control characters in values. A line without a name is
 * dropped. Null where a name that frames the message, or what it says, is spoilt: another reader might see it, or not.
 * `isDubious`: more than line ends was wrong, so that who knows what the server takes for the end of it.
 */
export function mendHead(head: string): { text: string; isDubious: boolean } | null {
  // Some take a CR at the start of a line for the end of the head.
  if (/\n\r(?!\n)/.test(head)) return null
  const [statusLine = '', ...lines] = head.replace(/\r?\n(?:\r?\n)?$/, '').split(/\r?\n/)
  let text = `${statusLine}\r\n`
  let isDubious = false
  for (const line of unfold(lines)) {
    const colon = line.indexOf(':')
    const name = startsBlank(line) ? '' : trimBlanks(line.slice(0, Math.max(0, colon)))
    if (!isToken(name)) {
      if (framingName.test(line)) return null
      isDubious = true
      continue
    }
    const value = trimBlanks(line.slice(colon + 1))
    const clean = cleanValue(value)
    if (clean !== value && framingLine.test(line)) return null
    if (clean !== value || name.length !== colon || /\t *$/.test(line)) isDubious = true
    text += `${name}: ${clean}\r\n`
  }
  return { text: `${text}\r\n`, isDubious }
}

/** A line that begins with a blank goes on with the one before it; behind the status line it belongs to none. */
function unfold(lines: readonly string[]): string[] {
  const whole: string[] = []
  let hasField = false
  for (const line of lines) {
    if (startsBlank(line) && hasField) whole.push(`${trimBlanks(whole.pop() ?? '')} ${trimBlanks(line)}`)
    else whole.push(line)
    hasField ||= !startsBlank(line)
  }
  return whole
}

function startsBlank(line: string): boolean {
  return isBlank(line.charCodeAt(0))
}

const framingName = /content.?length|transfer.?encoding/i
/** At the start of a line, or behind a CR, which some take for the end of one. */
const framingLine = /(?:^|\r)[ \t]*(?:content-length|transfer-encoding)/i

/** endOfLooseHead is the length of a head with its blank line, whether lines end with CR LF or with LF alone; -1 without one. */
export function endOfLooseHead(bytes: Buffer): number {
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) {
    if (bytes[at + 1] === 10) return at + 2
    if (bytes[at + 1] === 13 && bytes[at + 2] === 10) return at + 3
  }
  return -1
}

/** Control characters become blanks (RFC 9110, 5.5). */
function cleanValue(value: string): string {
  let clean = ''
  for (const character of value) {
    clean += ((octets[character.charCodeAt(0)] ?? 0) & valueOctet) === 0 ? ' ' : character
  }
  return clean
}
