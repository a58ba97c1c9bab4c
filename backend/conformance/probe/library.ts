/** asciiBytes is what Encoding.ASCII does: other characters become question marks. */
function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/[^\0-\x7f]/g, '?'), 'latin1'))
}

type Predicate = (item: unknown) => boolean

/** Out parameters are functions that take the value. */
type Out = (value: unknown) => void

class Dictionary {
  readonly #entries = new Map<string, unknown>()
  readonly #ignoresCase: boolean

  constructor(entries: Iterable<[string, unknown]> = [], ignoresCase = false) {
    this.#ignoresCase = ignoresCase
    for (const [name, value] of entries) this.set(name, value)
    // C# assigns by index.
    return new Proxy(this, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target)
        return typeof member === 'function' ? member.bind(target) : (member ?? target.get(String(name)))
      },
      set: (target, name, value) => {
        target.set(String(name), value)
        return true
      },
    })
  }

  set(name: string, value: unknown): void {
    this.#entries.set(this.#key(name), value)
  }

  get(name: string): unknown {
    return this.#entries.get(this.#key(name))
  }

  ContainsKey(name: string): boolean {
    return this.#entries.has(this.#key(name))
  }

  TryGetValue(name: string, out: Out): boolean {
    out(this.get(name) ?? null)
    return this.ContainsKey(name)
  }

  *[Symbol.iterator](): Generator {
    for (const [name, value] of this.#entries) yield Object.assign([name, value], { Key: name, Value: value })
  }

  #key(name: string): string {
    return this.#ignoresCase ? name.toLowerCase() : name
  }
}

class StringBuilder {
  #text = ''

  Append(text: unknown): this {
    this.#text += String(text)
    return this
  }

  ToString(): string {
    return this.#text
  }
}

/** Its bytes are not those of .NET, but as random. */
class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  NextBytes(bytes: Uint8Array): void {
    for (let index = 0; index < bytes.length; index++) {
      this.#state = (this.#state * 1_103_515_245 + 12_345) % 2 ** 31
      bytes[index] = this.#state >> 16
    }
  }
}

/** headersOf makes the fields of an answer what the tests take them for. */
export function headersOf(fields: Iterable<[string, string]>): unknown {
  return new Dictionary(fields, true)
}

/** A name stands for itself: enumerations, and options that make no difference here. */
const names = (): unknown => new Proxy({}, { get: (_, name) => String(name) })

const ignoresCase = (comparison: unknown) => comparison === 'OrdinalIgnoreCase'

function areEqual(one: unknown, other: unknown, comparison: unknown): boolean {
  if (!ignoresCase(comparison)) return one === other
  return String(one).toLowerCase() === String(other).toLowerCase()
}

function range(exactOrFrom: number, to = exactOrFrom) {
  return { from: exactOrFrom, to }
}

/** library is what the translated tests use of .NET, by name. */
export const library: Record<string, unknown> = {
  TestVerdict: names(),
  TestCategory: names(),
  RfcLevel: names(),
  ConnectionState: names(),
  StringComparison: names(),
  StringSplitOptions: names(),
  System: { Globalization: { NumberStyles: names(), DateTimeStyles: names(), CultureInfo: names() } },
  CultureInfo: names(),
  DateTimeStyles: names(),
  StatusCodeRange: {
    Exact: range,
    Range: range,
    Range2xx: range(200, 299),
    Range4xx: range(400, 499),
    Range4xxOr5xx: range(400, 599),
  },
  Encoding: { ASCII: { GetBytes: asciiBytes, GetByteCount: (text: string) => text.length } },
  TimeSpan: { FromMilliseconds: (ms: number) => ms, FromSeconds: (seconds: number) => seconds * 1000, Zero: 0 },
  Enumerable: { Range: (start: number, count: number) => Array.from({ length: count }, (_, index) => start + index) },
  DateTimeOffset: { TryParse: tryParseDate, TryParseExact: tryParseDate },
  DateTime: { TryParse: tryParseDate, TryParseExact: tryParseDate },
  int: { TryParse: tryParseInt },
  string: {
    IsNullOrEmpty: (text: string | null) => text === null || text === '',
    IsNullOrWhiteSpace: (text: string | null) => text === null || text.trim() === '',
    Join: (separator: string, items: unknown[]) => items.join(separator),
    Equals: areEqual,
    Empty: '',
    repeat: (text: string, count: number) => text.repeat(count),
  },
  Dictionary,
  StringBuilder,
  Random,
  List: Array,
}

/**
 * addMethods gives texts, lists and bytes the methods that they have in .NET. Those begin with a capital, so nothing that is
 * there is changed; and the process does nothing but run tests.
 */
export function addMethods(): void {
  for (const prototype of [String.prototype, Array.prototype, Uint8Array.prototype]) {
    Object.defineProperty(prototype, 'Length', { get: lengthOf, configurable: true })
  }
  define(Array.prototype, listMethods)
  define(Uint8Array.prototype, { CopyTo: copyTo })
  define(String.prototype, textMethods)
  define(Number.prototype, { ToString: numberToText })
}

function define(prototype: object, methods: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(methods))
    Object.defineProperty(prototype, name, { value, configurable: true })
}

function lengthOf(this: { length: number }): number {
  return this.length
}

function numberToText(this: number, format?: string): string {
  return format?.startsWith('X') ? this.toString(16).toUpperCase() : String(this)
}

function tryParseDate(text: string, ...rest: unknown[]): boolean {
  const value = Date.parse(text)
  const out = rest.at(-1)
  if (typeof out === 'function') out(value)
  return !Number.isNaN(value)
}

function tryParseInt(text: string, ...rest: unknown[]): boolean {
  const isHex = rest[0] === 'HexNumber'
  const value = Number.parseInt(text, isHex ? 16 : 10)
  const out = rest.at(-1)
  if (typeof out === 'function') out(value)
  return (isHex ? /^[\da-f]+$/i : /^\s*[-+]?\d+\s*$/).test(text)
}

function copyTo(this: ArrayLike<number>, target: Uint8Array, offset: number): void {
  target.set(this, offset)
}

const listMethods: Record<string, (this: unknown[], ...rest: never[]) => unknown> = {
  Count(test?: Predicate) {
    return test ? this.filter(test).length : this.length
  },
  Any(test?: Predicate) {
    return test ? this.some(test) : this.length > 0
  },
  All(test: Predicate) {
    return this.every(test)
  },
  Select(map: (item: unknown) => unknown) {
    return this.map((item) => map(item))
  },
  Where(test: Predicate) {
    return this.filter(test)
  },
  ToArray() {
    return this
  },
  ToList() {
    return this
  },
  Add(item: unknown) {
    this.push(item)
  },
  CopyTo(target: Uint8Array, offset: number) {
    target.set(this as number[], offset)
  },
}

const textMethods: Record<string, (this: string, ...rest: never[]) => unknown> = {
  Any(test: Predicate) {
    return Array.from(this).some(test)
  },
  Contains(part: string, comparison?: unknown) {
    return ignoresCase(comparison) ? this.toLowerCase().includes(part.toLowerCase()) : this.includes(part)
  },
  Equals(other: string, comparison?: unknown) {
    return areEqual(this, other, comparison)
  },
  StartsWith(part: string, comparison?: unknown) {
    return ignoresCase(comparison) ? this.toLowerCase().startsWith(part.toLowerCase()) : this.startsWith(part)
  },
  EndsWith(part: string) {
    return this.endsWith(part)
  },
  IndexOf(part: string, from?: unknown) {
    return this.indexOf(part, typeof from === 'number' ? from : 0)
  },
  Substring(from: number, count?: number) {
    return this.slice(from, count === undefined ? undefined : from + count)
  },
  Split(separator: string, option?: unknown) {
    const parts = this.split(separator)
    return option === 'RemoveEmptyEntries' ? parts.filter((part) => part !== '') : parts
  },
  Replace(part: string, other: string) {
    return this.replaceAll(part, other)
  },
  ToLowerInvariant() {
    return this.toLowerCase()
  },
  ToUpperInvariant() {
    return this.toUpperCase()
  },
  Trim(...marks: string[]) {
    return trim(this, marks, true, true)
  },
  TrimStart(...marks: string[]) {
    return trim(this, marks, true, false)
  },
  TrimEnd(...marks: string[]) {
    return trim(this, marks, false, true)
  },
}

function trim(text: string, marks: readonly string[], atStart: boolean, atEnd: boolean): string {
  const goes = (mark: string) => (marks.length > 0 ? marks.includes(mark) : mark.trim() === '')
  const characters = Array.from(text)
  const start = atStart ? characters.findIndex((mark) => !goes(mark)) : 0
  const end = atEnd ? characters.findLastIndex((mark) => !goes(mark)) : characters.length - 1
  return start === -1 ? '' : characters.slice(start, end + 1).join('')
}
