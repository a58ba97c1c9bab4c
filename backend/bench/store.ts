import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'

import { systemClock } from '../src/lib/clock.ts'
import { silentLog } from '../src/lib/log.ts'
import { Store } from '../src/store/store.ts'
import { addKeys, makeKey, testVault } from '../test/support/store.ts'
import { describe, type Result } from './measure.ts'
import { rounds } from './options.ts'

const keys = 10_000
const changes = 300
const writes = 10
const settleMs = 50

/** benchStore measures what a change of the store costs when there are many keys, in this process, without followers. */
export async function benchStore(): Promise<Result[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'stillpoint-bench-'))
  const parts = { dataDir, vault: testVault, clock: systemClock, log: silentLog }
  const first = await Store.open(parts)
  await addKeys(first, ...Array.from({ length: keys }, (_, index) => makeKey(index + 1)))
  await first.close()
  const opened = performance.now()
  const store = await Store.open(parts)
  const openMs = performance.now() - opened
  const inMemory: number[] = []
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) inMemory.push(await timeChanges(store, round))
  const { writeMs, heldMs } = await timeWrites(store)
  await store.close()
  rmSync(dataDir, { recursive: true })
  const name = `${keys} keys`
  return [
    { what: `${name}: open of the store`, value: `${openMs.toFixed(0)} ms`, target: '-' },
    { what: `${name}: a change in memory`, value: describe(inMemory.slice(1), 3, 'ms'), target: 'at most 0.2 ms' },
    {
      what: `${name}: a change on the disk, and the longest that it keeps the event loop`,
      value: `${describe(writeMs, 0, 'ms')}; ${describe(heldMs, 1, 'ms')}`,
      target: '-; at most 10 ms',
    },
  ]
}

/** Milliseconds for one change of one row, on average. */
async function timeChanges(store: Store, round: number): Promise<number> {
  const startedAt = performance.now()
  for (let turn = 0; turn < changes; turn++) {
    const id = 1 + ((turn * 37 + round) % keys)
    await store.record((draft) => void (draft.keys.get(id).ttl = turn + round * changes))
  }
  return (performance.now() - startedAt) / changes
}

async function timeWrites(store: Store): Promise<{ writeMs: number[]; heldMs: number[] }> {
  const held = monitorEventLoopDelay({ resolution: 1 })
  held.enable()
  await delay(settleMs)
  held.reset()
  const writeMs: number[] = []
  const heldMs: number[] = []
  for (let turn = 0; turn < writes; turn++) {
    const startedAt = performance.now()
    await store.change((draft) => void (draft.keys.get(1 + turn).ttl = 1_000_000 + turn))
    writeMs.push(performance.now() - startedAt)
    await delay(settleMs)
    heldMs.push(held.max / 1e6)
    held.reset()
  }
  held.disable()
  return { writeMs, heldMs }
}
