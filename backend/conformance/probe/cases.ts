import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileFunction } from 'node:vm'

import type { ConnectionState } from '../raw-client.ts'
import { addMethods, library } from './library.ts'
import { translateClass } from './translate.ts'

export type Verdict = 'Pass' | 'Warn' | 'Fail' | 'Skip' | 'Error'

export interface Response {
  StatusCode: number
  ReasonPhrase: string
  HttpVersion: string
  Headers: unknown
  Body: string | null
  RawResponse: string
  IsEmpty: false
}

export interface Context {
  Host: string
  Port: number
  HostHeader: string
}

export interface StepResult {
  Label: string
  Executed: boolean
  Response: Response | null
  ConnectionState: ConnectionState
}

type Bytes = ArrayLike<number>

export interface Part {
  PayloadFactory: (context: Context) => Bytes
  DelayAfter?: number
}

export interface Step {
  Label?: string
  PayloadFactory?: (context: Context) => Bytes
  DynamicPayloadFactory?: (context: Context, steps: readonly StepResult[]) => Bytes
  SendPartsFactory?: (context: Context) => readonly Part[]
}

interface Expected {
  ExpectedStatus?: { from: number; to: number }
  ExpectedConnectionState?: ConnectionState
  AllowConnectionClose?: boolean
  CustomValidator?: (response: Response | null, state: ConnectionState) => Verdict
}

/** ProbeCase is one test of Http11Probe, with the names that it has there. */
export interface ProbeCase {
  Id: string
  Description: string
  /** Only these are counted; the others tell what a server can do. Default true. */
  Scored?: boolean
  PayloadFactory?: (context: Context) => Bytes
  Steps?: readonly Step[]
  Expected: Expected
  Validator?: (steps: readonly StepResult[]) => Verdict
}

const listNames = ['GetTestCases', 'GetSequenceTestCases']
const suitesFolder = 'src/Http11Probe/TestCases/Suites'

/** readProbeCases reads the tests of a checkout of MDA2AV/Http11Probe, in its own language. `onText` may change their texts. */
export function readProbeCases(folder: string, onText: (text: string) => string): ProbeCase[] {
  const files = readdirSync(join(folder, suitesFolder)).filter((file) => file.endsWith('.cs'))
  addMethods()
  return files.sort().flatMap((file) => {
    const source = readFileSync(join(folder, suitesFolder, file), 'utf8')
    const lists = listNames.map((name) => `...(typeof ${name} === 'function' ? ${name}() : [])`)
    const code = `${translateClass(source, onText)}\nreturn [${lists.join(', ')}]`
    return compileFunction(code, Object.keys(library), { filename: file })(...Object.values(library)) as ProbeCase[]
  })
}

/** judge is what the suite says to an answer: its own judgement, or a status, or the end of the connection. */
export function judge(expected: Expected, response: Response | null, state: ConnectionState): Verdict {
  if (expected.CustomValidator) return expected.CustomValidator(response, state)
  if (expected.ExpectedConnectionState === state) return 'Pass'
  if (response === null) return expected.AllowConnectionClose === true ? 'Pass' : 'Fail'
  const { from, to } = expected.ExpectedStatus ?? { from: 0, to: -1 }
  return response.StatusCode >= from && response.StatusCode <= to ? 'Pass' : 'Fail'
}
