import { createRequire } from 'node:module'

/** A callback that returns it makes llhttp stop there, so that its place can be asked for. */
const pause = 21
const maxBytes = 256 * 1024
const types = { request: 1, response: 2 } as const

export type MessageType = keyof typeof types

/** LlhttpReading is what llhttp, in its strict form, makes of the first message in some bytes. */
export interface LlhttpReading {
  verdict: 'whole' | 'incomplete' | 'refused'
  /** Why it was refused, in the words of llhttp. */
  complaint: string
  /** Of the head with its blank line; -1 where that did not come about. */
  headBytes: number
  /** Of the whole message. */
  bytes: number
  method: string
  status: number
  minor: number
  /** The end of the connection ends the body. */
  isUntilClose: boolean
  /** What is in the body, without its chunks. */
  body: Buffer
  /** Names in lower case, and values. */
  fields: [name: string, value: string][]
}

/** What is used of WebAssembly, of which the types of Node know nothing. */
interface Wasm {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports: object) => { exports: unknown }
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  _initialize(): void
  malloc(bytes: number): number
  llhttp_alloc(type: number): number
  llhttp_reset(parser: number): void
  llhttp_execute(parser: number, data: number, bytes: number): number
  llhttp_finish(parser: number): number
  llhttp_resume(parser: number): void
  llhttp_get_error_pos(parser: number): number
  llhttp_get_error_reason(parser: number): number
  llhttp_get_method(parser: number): number
  llhttp_get_http_minor(parser: number): number
  llhttp_get_status_code(parser: number): number
  llhttp_method_name(method: number): number
  llhttp_message_needs_eof(parser: number): number
}

let reading: LlhttpReading = emptyReading()
let last: 'head' | 'body' | 'message' = 'head'
let isInValue = false
const body: Buffer[] = []

/**
 * The build of llhttp that undici carries: the one of Node's own maintainers, in the exact version of the lockfile, and a
 * dependency that is there. (What is called llhttp on npm is another, long since left.)
 */
const llhttp = load()
const data = llhttp.malloc(maxBytes)
const parsers = { request: llhttp.llhttp_alloc(types.request), response: llhttp.llhttp_alloc(types.response) }

/** readWithLlhttp reads the first message; `method` is the one that a response answers. */
export function readWithLlhttp(type: MessageType, bytes: Buffer, method: string): LlhttpReading {
  const parser = parsers[type]
  begin(parser)
  new Uint8Array(llhttp.memory.buffer, data, bytes.length).set(bytes)
  let at = run(parser, 0, bytes.length)
  if (last === 'body') {
    readHead(parser, at)
    if (type === 'response' && method === 'HEAD') return { ...reading, verdict: 'whole', bytes: at }
    llhttp.llhttp_resume(parser)
    at = run(parser, at, bytes.length)
  }
  reading.body = Buffer.concat(body)
  // llhttp leaves the blanks behind a value to who asks.
  for (const field of reading.fields) field[1] = field[1].replace(/[ \t]+$/, '')
  reading.bytes = at
  return reading
}

function begin(parser: number): void {
  llhttp.llhttp_reset(parser)
  reading = emptyReading()
  last = 'head'
  isInValue = true
  body.length = 0
}

/** Goes on from `at` to the next stop; returns its place. */
function run(parser: number, at: number, end: number): number {
  const was = last
  const code = llhttp.llhttp_execute(parser, data + at, end - at)
  if (code === 0) {
    const isOver = last === 'body' && llhttp.llhttp_message_needs_eof(parser) === 1
    // It stops at the end of the message, as it was told to.
    if (isOver) reading.verdict = llhttp.llhttp_finish(parser) === pause ? 'whole' : 'refused'
    return end
  }
  if (code === pause && last !== was) {
    if (last === 'message') reading.verdict = 'whole'
    return llhttp.llhttp_get_error_pos(parser) - data
  }
  reading.verdict = 'refused'
  reading.complaint = textAt(llhttp.llhttp_get_error_reason(parser))
  return llhttp.llhttp_get_error_pos(parser) - data
}

function readHead(parser: number, headBytes: number): void {
  reading.headBytes = headBytes
  reading.method = textAt(llhttp.llhttp_method_name(llhttp.llhttp_get_method(parser)))
  reading.status = llhttp.llhttp_get_status_code(parser)
  reading.minor = llhttp.llhttp_get_http_minor(parser)
  reading.isUntilClose = llhttp.llhttp_message_needs_eof(parser) === 1
}

function emptyReading(): LlhttpReading {
  return {
    verdict: 'incomplete',
    complaint: '',
    headBytes: -1,
    bytes: 0,
    method: '',
    status: 0,
    minor: 0,
    isUntilClose: false,
    body: Buffer.alloc(0),
    fields: [],
  }
}

function textAt(place: number): string {
  if (place === 0) return ''
  const memory = Buffer.from(llhttp.memory.buffer)
  return memory.toString('latin1', place, memory.indexOf(0, place))
}

/** A copy: the memory is used again. */
function copy(place: number, length: number): Buffer {
  return Buffer.from(Buffer.from(llhttp.memory.buffer, place, length))
}

function addName(_parser: number, place: number, length: number): number {
  if (last !== 'head') return 0
  const name = copy(place, length).toString('latin1').toLowerCase()
  const field = reading.fields.at(-1)
  if (isInValue || field === undefined) reading.fields.push([name, ''])
  else field[0] += name
  isInValue = false
  return 0
}

function addValue(_parser: number, place: number, length: number): number {
  const field = reading.fields.at(-1)
  if (last === 'head' && field !== undefined) field[1] += copy(place, length).toString('latin1')
  isInValue = true
  return 0
}

function load(): Exports {
  const wasm: Buffer = createRequire(import.meta.url)('undici/lib/llhttp/llhttp-wasm.js')
  const env = {
    wasm_on_message_begin: () => 0,
    wasm_on_url: () => 0,
    wasm_on_status: () => 0,
    wasm_on_header_field: addName,
    wasm_on_header_value: addValue,
    wasm_on_headers_complete: () => {
      last = 'body'
      return pause
    },
    wasm_on_body: (_parser: number, place: number, length: number) => {
      body.push(copy(place, length))
      return 0
    },
    wasm_on_message_complete: () => {
      last = 'message'
      return pause
    },
  }
  const { Module, Instance } = Reflect.get(globalThis, 'WebAssembly') as Wasm
  const instance = new Instance(new Module(wasm), { env }).exports as Exports
  instance._initialize()
  return instance
}
