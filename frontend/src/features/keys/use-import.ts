import { useRef, useState } from 'react'

import { splitLines } from '../../../../backend/src/contract/patterns.ts'
import type { ImportLine, ProxyKeyView, Region } from '../../../../backend/src/contract/index.ts'
import { importLines } from '@/api/actions'
import type { Outcome } from '@/components/outcomes'
import { useDescribeError, useDescribeLine } from '@/lib/describe-error'
import { maskKeys } from '@/lib/provider-key'
import { runMany } from '@/lib/run-many'

/** So many lines go in one request: between requests the bar moves. */
const linesAtOnce = 8

interface Progress {
  outcomes: readonly Outcome[]
  added: readonly ProxyKeyView[]
  /** Lines all of whose keys were added. */
  doneLines: ReadonlySet<number>
}

const nothing: Progress = { outcomes: [], added: [], doneLines: new Set() }

/** useImport adds the lines of a text that are ready, some at a time, and keeps what came of each. */
export function useImport() {
  const describe = useDescribeError()
  const describeLine = useDescribeLine()
  const [progress, setProgress] = useState(nothing)
  const [total, setTotal] = useState(0)
  const [state, setState] = useState<'editing' | 'running' | 'done'>('editing')
  const isStopped = useRef(false)
  const start = async (text: string, region: Region, lines: readonly ImportLine[]) => {
    const source = splitLines(text)
    const bad = lines.filter(({ status }) => status === 'failed')
    const ready = lines.filter(({ status }) => status === 'ready')
    const nameOf = (line: number) => `${line}: ${maskKeys(source[line - 1] ?? '')}`
    const note = (answered: readonly ImportLine[]) =>
      setProgress((before) => {
        const added = answered.filter(({ status }) => status === 'added')
        const failed = new Set(answered.filter(({ status }) => status === 'failed').map(({ line }) => line))
        const outcomes = answered.map((line, index): Outcome => ({
          // A line of keys alone has several outcomes.
          id: before.outcomes.length + index,
          name: line.proxy?.key_name ?? line.name ?? nameOf(line.line),
          isGood: line.status === 'added',
          text: describeLine(line),
        }))
        return {
          outcomes: [...before.outcomes, ...outcomes],
          added: [...before.added, ...added.flatMap(({ proxy }) => proxy ?? [])],
          doneLines: new Set(
            [...before.doneLines, ...added.map(({ line }) => line)].filter((line) => !failed.has(line)),
          ),
        }
      })
    isStopped.current = false
    setTotal(bad.length + ready.length)
    setProgress(nothing)
    setState('running')
    note(bad)
    const numbers = [...new Set(ready.map(({ line }) => line))]
    const pieces = Array.from({ length: Math.ceil(numbers.length / linesAtOnce) }, (_, index) =>
      numbers.slice(index * linesAtOnce, (index + 1) * linesAtOnce),
    )
    const job = async (piece: number[]) => {
      try {
        note((await importLines(text, region, piece)).lines.filter(({ status }) => status !== 'skipped'))
      } catch (error) {
        const message = describe(error)
        setProgress((before) => {
          const outcomes = piece.map((line, index) => ({
            id: before.outcomes.length + index,
            name: nameOf(line),
            isGood: false,
            text: message,
          }))
          return { ...before, outcomes: [...before.outcomes, ...outcomes] }
        })
      }
    }
    await runMany(pieces, 1, job, () => isStopped.current)
    setState('done')
  }
  return { ...progress, total, state, start, stop: () => (isStopped.current = true), edit: () => setState('editing') }
}
