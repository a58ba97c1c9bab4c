import { whenStartersEnd, type Starter } from './starters.ts'

/** A second signal soon after the first is the same Ctrl-C, passed on by npm. */
const sameSignalMs = 500
const stopDeadlineMs = 1_800

/** endInOrder ends the process by `stop` at a signal, or when one of those who started it is gone. A second signal ends it at once. */
export function endInOrder(starters: readonly Starter[], stop: () => Promise<void>): void {
  let firstAt = 0
  const end = () => {
    if (firstAt !== 0) return
    firstAt = Date.now()
    // Whatever hangs, the process ends; the store has every acknowledged change.
    endSoon()
    void stop().then(() => process.exit(0))
  }
  const onSignal = () => {
    if (firstAt === 0) end()
    else if (Date.now() - firstAt > sameSignalMs) process.exit(1)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  whenStartersEnd(starters, end)
}

/** endFailed says why, and ends the process with code 1 even where something was left open. */
export function endFailed(sentence: string): void {
  process.stderr.write(`stillpoint: ${sentence}\n`)
  process.exitCode = 1
  endSoon()
}

function endSoon(): void {
  setTimeout(() => process.exit(1), stopDeadlineMs).unref()
}
