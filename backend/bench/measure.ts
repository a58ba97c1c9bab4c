import { readdirSync, readFileSync } from 'node:fs'

/** Result is one line of a table: what was measured, how much it was and what it should be. */
export interface Result {
  what: string
  value: string
  target: string
}

export function rssMegabytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

/** peakMegabytes is the most that was ever resident. */
export function peakMegabytes(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

/** cpuSeconds is what a process has run so far, in steps of a hundredth. */
export function cpuSeconds(pid: number): number {
  // Fields 14 and 15 of /proc/PID/stat are user and system time, in hundredths of a second.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** fineCpuSeconds is the same in far smaller steps, without threads that have ended: right for Node alone. */
export function fineCpuSeconds(pid: number): number {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  )
  return nanoseconds.reduce((sum, value) => sum + value, 0) / 1e9
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** percentile of values that need not be sorted; `part` is from 0 to 1. */
export function percentile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? 0
}

/** How far the values lie apart, in percent of their median. */
export function spread(values: readonly number[]): number {
  return ((Math.max(...values) - Math.min(...values)) / median(values)) * 100
}

/** describe renders the median of the values and from where to where they go. */
export function describe(values: readonly number[], digits: number, unit: string): string {
  if (values.length === 0) return 'fails'
  const show = (value: number) => value.toFixed(digits)
  return `${show(median(values))} ${unit} (${show(Math.min(...values))} to ${show(Math.max(...values))})`
}
