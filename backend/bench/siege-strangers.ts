// The strangers of a siege, in a process of their own: told of the doors over IPC, they come one after the other until they are
// told to stop, then tell what became of them. Each connection does one hostile thing.
import { connect } from 'node:net'

import { deeds, strangerAddress, strangerAddresses, type Deed, type Doors } from './siege-deeds.ts'

/** What the parent sends. */
export type SiegeOrder =
  | {
      kind: 'begin'
      doors: Doors
      /** How many may come in a second, and be there at once. */
      perSecond: number
      concurrency: number
      /** Deeds with these names only; all where there are none. */
      only: readonly string[]
    }
  | { kind: 'stop' }

/** DeedReport is what became of the connections that did one thing. */
export interface DeedReport {
  name: string
  door: string
  opened: number
  /** Those that the other side had not ended after half a minute: it should have. */
  outstayed: number
}

/** A stranger that is still not ended by then leaves by itself. */
const patienceMs = 30_000
const graceMs = 1_000
const tickMs = 20

let open = 0
let turn = 0

type Begin = Extract<SiegeOrder, { kind: 'begin' }>

function siege({ doors, perSecond, concurrency, only }: Begin): () => void {
  const chosen = deeds.filter(({ name }) => only.length === 0 || only.includes(name))
  const reports = chosen.map(({ name, door }): DeedReport => ({ name, door, opened: 0, outstayed: 0 }))
  const startedAt = performance.now()
  let count = 0
  const comeIn = setInterval(() => {
    const due = ((performance.now() - startedAt) / 1_000) * perSecond
    while (count < due && open < concurrency) {
      const index = count++ % chosen.length
      const [deed, report] = [chosen[index], reports[index]]
      if (!deed || !report) break
      commit(deed, doors, report)
    }
  }, tickMs)
  return () => {
    clearInterval(comeIn)
    const report = setInterval(() => {
      if (open > 0) return
      clearInterval(report)
      process.send?.(reports)
    }, tickMs)
  }
}

function commit(deed: Deed, doors: Doors, report: DeedReport): void {
  const { door, begin, onAnswer } = deed
  // Each address in turn: no one has many open at once.
  const localAddress = strangerAddress(turn++ % strangerAddresses)
  const socket = connect({ port: doors[door], host: '127.0.0.1', localAddress, noDelay: true })
  open += 1
  report.opened += 1
  let grace: NodeJS.Timeout | undefined
  const patience = setTimeout(() => {
    // Who reads nothing does not see an end: it looks now.
    socket.resume()
    grace = setTimeout(() => {
      report.outstayed += 1
      socket.resetAndDestroy()
    }, graceMs)
  }, patienceMs)
  socket.on('error', () => {}).on('connect', () => begin?.(socket, doors))
  socket.on('close', () => {
    clearTimeout(patience)
    clearTimeout(grace)
    open -= 1
  })
  if (onAnswer === 'never') return
  socket.on('data', () => onAnswer?.(socket))
}

let stop: () => void = () => {}
process.on('message', (order: SiegeOrder) => {
  if (order.kind === 'begin') stop = siege(order)
  else stop()
})
process.on('disconnect', () => process.exit())
