/** RequestLine is the first line of a request, as it stood. */
export interface RequestLine {
  method: string
  target: string
  version: string
}

/** Head is one request head: its line, its field lines as they stood, and all its bytes as latin1. */
export interface Head {
  line: RequestLine | null
  fields: string[]
  text: string
}

export interface ReaderEvents {
  onHead(head: Head): void
  onBody(bytes: Buffer): void
  onEnd(): void
}

type State =
  | { kind: 'head' }
  | { kind: 'length'; left: number }
  | { kind: 'chunk-size' }
  | { kind: 'chunk-data'; left: number }
  | { kind: 'trailers' }
  | { kind: 'raw' }

/**
 * RequestReader parts a stream into requests, as forgivingly as it can: what it stands for must not refuse anything, so
 * that every refusal that a client sees was the tested proxy's own.
 */
export class RequestReader {
  readonly #events: ReaderEvents
  #state: State = { kind: 'head' }
  #rest: Buffer = Buffer.alloc(0)

  constructor(events: ReaderEvents) {
    this.#events = events
  }

  /** From now on everything is body: a tunnel, or another protocol. Returns what was read and not yet used. */
  becomeRaw(): Buffer {
    const rest = this.#rest
    this.#rest = Buffer.alloc(0)
    this.#state = { kind: 'raw' }
    return rest
  }

  read(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    while (this.#rest.length > 0 && this.#step()) {
      // Each step uses some of the rest, or says that it needs more.
    }
  }

  #step(): boolean {
    const state = this.#state
    switch (state.kind) {
      case 'head':
        return this.#readHead()
      case 'length':
        return this.#readData(state, { kind: 'head' })
      case 'chunk-size':
        return this.#readSize()
      case 'chunk-data':
        return this.#readData(state, { kind: 'chunk-size' })
      case 'trailers':
        return this.#readTrailer()
      case 'raw':
        this.#events.onBody(this.#take(this.#rest.length))
        return true
      default:
        return state satisfies never
    }
  }

  #readHead(): boolean {
    const text = this.#rest.toString('latin1')
    const blank = /^(?:\r?\n)+/.exec(text)
    if (blank) {
      this.#take(blank[0].length)
      return true
    }
    const end = /\r?\n\r?\n/.exec(text)
    if (!end) return false
    const head = parseHead(this.#take(end.index + end[0].length).toString('latin1'))
    this.#state = bodyState(head.fields)
    const isDone = this.#state.kind === 'head'
    this.#events.onHead(head)
    if (isDone) this.#events.onEnd()
    return true
  }

  #readData(state: { left: number }, next: State): boolean {
    const bytes = this.#take(Math.min(state.left, this.#rest.length))
    state.left -= bytes.length
    if (bytes.length > 0) this.#events.onBody(bytes)
    if (state.left > 0) return true
    this.#state = next
    if (next.kind === 'head') this.#events.onEnd()
    return true
  }

  #readSize(): boolean {
    const line = this.#takeLine()
    if (line === null) return false
    this.#events.onBody(line)
    const size = Number.parseInt(line.toString('latin1'), 16)
    // The line end that follows the data is taken with it.
    if (size > 0) this.#state = { kind: 'chunk-data', left: size + 2 }
    else this.#state = { kind: 'trailers' }
    return true
  }

  #readTrailer(): boolean {
    const line = this.#takeLine()
    if (line === null) return false
    this.#events.onBody(line)
    if (line.toString('latin1').trim() !== '') return true
    this.#state = { kind: 'head' }
    this.#events.onEnd()
    return true
  }

  #takeLine(): Buffer | null {
    const end = this.#rest.indexOf(10)
    return end === -1 ? null : this.#take(end + 1)
  }

  #take(length: number): Buffer {
    const taken = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return taken
  }
}

function parseHead(text: string): Head {
  const [first = '', ...fields] = text.trimEnd().split(/\r?\n/)
  const [, method = '', target = '', version = ''] = /^(\S+) (.+) (HTTP\/\S+)\s*$/.exec(first) ?? []
  return { line: method === '' ? null : { method, target, version }, fields, text }
}

/** fieldValue is the value of the first field of this name, or null. */
export function fieldValue(fields: readonly string[], name: string): string | null {
  const prefix = `${name.toLowerCase()}:`
  const field = fields.find((line) => line.toLowerCase().startsWith(prefix))
  return field === undefined ? null : field.slice(prefix.length).trim()
}

function bodyState(fields: readonly string[]): State {
  if (fieldValue(fields, 'transfer-encoding')?.toLowerCase().includes('chunked')) return { kind: 'chunk-size' }
  const length = Number.parseInt(fieldValue(fields, 'content-length') ?? '0', 10)
  return length > 0 ? { kind: 'length', left: length } : { kind: 'head' }
}
