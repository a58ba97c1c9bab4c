/** Token is a piece of C# source. A template is an interpolated string: texts and, between them, sources of expressions. */
export type Token =
  | { kind: 'word' | 'number' | 'mark'; text: string }
  | { kind: 'string'; value: string }
  | { kind: 'template'; texts: string[]; expressions: Token[][] }

const space = /\s+|\/\/[^\n]*|\/\*[^]*?\*\//y
const word = /@?[A-Za-z_]\w*/y
const number = /0[xX][\da-fA-F_]+|\d[\d_]*(?:\.\d+)?/y
const marks = ['??=', '=>', '==', '!=', '<=', '>=', '&&', '||', '??', '?.', '..', '++', '--', '+=', '-=']

/** tokenize parts the subset of C# that tables of tests are written in. Throws where it meets something else. */
export function tokenize(source: string): Token[] {
  const reader = new Reader(source)
  return reader.readAll()
}

class Reader {
  readonly #source: string
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  readAll(): Token[] {
    const tokens: Token[] = []
    for (;;) {
      while (this.#match(space) !== null) {
        // White space and comments go.
      }
      if (this.#at >= this.#source.length) return tokens
      tokens.push(this.#next())
    }
  }

  #next(): Token {
    const rest = this.#source.slice(this.#at, this.#at + 3)
    if (rest.startsWith('$"')) return this.#template(2)
    if (rest.startsWith('"')) return { kind: 'string', value: this.#text('"') }
    if (rest.startsWith("'")) return { kind: 'string', value: this.#text("'") }
    const name = this.#match(word)
    if (name !== null) return { kind: 'word', text: name.replace('@', '') }
    const digits = this.#match(number)
    if (digits !== null) {
      this.#match(/[uUlLfFdD]+/y)
      return { kind: 'number', text: digits }
    }
    const mark = marks.find((text) => rest.startsWith(text)) ?? rest.charAt(0)
    this.#at += mark.length
    return { kind: 'mark', text: mark }
  }

  #text(quote: string): string {
    this.#at += 1
    let text = ''
    while (this.#peek() !== quote) text += this.#character()
    this.#at += 1
    this.#match(/u8/y)
    return text
  }

  #template(opening: number): Token {
    this.#at += opening
    const texts = ['']
    const expressions: Token[][] = []
    for (;;) {
      const next = this.#peek()
      if (next === '"') {
        this.#at += 1
        return { kind: 'template', texts, expressions }
      }
      const pair = this.#source.slice(this.#at, this.#at + 2)
      if (pair === '{{' || pair === '}}') {
        this.#at += 2
        texts.push((texts.pop() ?? '') + next)
      } else if (next === '{') {
        expressions.push(tokenize(this.#hole()))
        texts.push('')
      } else texts.push((texts.pop() ?? '') + this.#character())
    }
  }

  /** The source between the braces. Braces and quotes within it are counted; a format after a colon is not known here. */
  #hole(): string {
    const start = ++this.#at
    for (let depth = 1; depth > 0;) {
      const next = this.#peek()
      if (next === '"') this.#text('"')
      else {
        if (next === '{') depth += 1
        if (next === '}') depth -= 1
        this.#at += 1
      }
    }
    return this.#source.slice(start, this.#at - 1)
  }

  #character(): string {
    const next = this.#peek()
    this.#at += 1
    if (next !== '\\') return next
    const escape = this.#peek()
    this.#at += 1
    // C# takes up to four digits after \x, and exactly four after \u.
    if (escape === 'x' || escape === 'u') {
      return String.fromCharCode(Number.parseInt(this.#match(/[\da-fA-F]{1,4}/y) ?? '', 16))
    }
    const plain = { '0': '\0', a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }[escape]
    return plain ?? escape
  }

  #peek(): string {
    const next = this.#source.charAt(this.#at)
    if (next === '') throw new Error('the source ends within a text')
    return next
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#source)?.[0] ?? null
    if (found !== null) this.#at += found.length
    return found
  }
}
