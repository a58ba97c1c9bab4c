/**
 * The suite asks servers; a proxy is asked with the whole URL. Only that is changed: a target that is a path gets
 * `http://authority` in front, `OPTIONS *` asks for the URL without a path (RFC 9112, 3.2.4), and nothing else is touched,
 * however wrong it is. A request within the body of another is changed too, before lengths are counted: to the proxy it must
 * be one that it would carry out.
 */
const pathTarget = /(^|\r\n|\n)([A-Za-z]+[ \t]+)(?=\/)/g
const starTarget = /(^|\r\n|\n)(OPTIONS )\*(?= HTTP)/g

/** targetsInText changes the targets in a text of the suite's source, where each request begins a text or a line. */
export function targetsInText(text: string, authority: string): string {
  return text
    .replace(pathTarget, (_, start: string, method: string) => `${start}${method}http://${authority}`)
    .replace(starTarget, (_, start: string, method: string) => `${start}${method}http://${authority}`)
}

/** targetInFirstLine changes the first target of what is sent, where the text that makes it did not show it. */
export function targetInFirstLine(bytes: Buffer, authority: string): Buffer {
  const text = bytes.toString('latin1')
  const [start] = /^[A-Za-z]+ (?=\/)/.exec(text) ?? []
  return start === undefined ? bytes : Buffer.from(`${start}http://${authority}${text.slice(start.length)}`, 'latin1')
}
