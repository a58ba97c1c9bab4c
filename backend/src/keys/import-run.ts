import pLimit from 'p-limit'

import type { AddProxyRequest, ImportReason, JoinedProxy, ProblemCode } from '../contract/index.ts'
import { Problem } from '../lib/problem.ts'
import type { Added } from './add.ts'
import type { ParsedLine } from './import-lines.ts'
import { describeFields, type LineFields } from './import-preview.ts'

const importsAtOnce = 8

/** ImportOutcome is what came of one line. */
export interface ImportOutcome {
  line: number
  status: 'added' | 'failed' | 'skipped'
  proxy: JoinedProxy | null
  message: string
  code: ProblemCode | null
  reason: ImportReason | null
  fields: LineFields
}

/** chooseLines keeps the lines that are wanted, all of them where nothing is said of that. */
export function chooseLines(lines: readonly ParsedLine[], only: readonly number[] | undefined): readonly ParsedLine[] {
  if (only === undefined) return lines
  const wanted = new Set(only)
  return lines.filter(({ line }) => wanted.has(line))
}

/** runImport adds the key of each line, some at a time, and goes on whatever fails. */
export async function runImport(
  lines: readonly ParsedLine[],
  add: (request: AddProxyRequest) => Promise<Added>,
): Promise<ImportOutcome[]> {
  const limit = pLimit(importsAtOnce)
  return await Promise.all(lines.map((line) => limit(() => importLine(line, add))))
}

async function importLine(
  parsed: ParsedLine,
  add: (request: AddProxyRequest) => Promise<Added>,
): Promise<ImportOutcome> {
  const base = { line: parsed.line, fields: describeFields(parsed), proxy: null, code: null, reason: null }
  if (parsed.kind === 'skipped') {
    return { ...base, status: 'skipped', message: parsed.message, reason: parsed.reason }
  }
  if (parsed.kind === 'bad') {
    return { ...base, status: 'failed', message: parsed.message, code: 'invalid_input', reason: parsed.reason }
  }
  try {
    return { ...base, status: 'added', ...(await add(parsed.request)) }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { ...base, status: 'failed', message: error.message, code: error.code }
  }
}
