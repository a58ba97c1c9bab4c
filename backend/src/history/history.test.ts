import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'

import { afterEach, beforeEach, expect, it } from 'vitest'

import { ManualClock } from '../../test/support/manual-clock.ts'
import { silentLog } from '../lib/log.ts'
import { openHistoryDatabase } from './database.ts'
import { History } from './history.ts'

let dataDir: string
const databases: DatabaseSync[] = []
function open(): History {
  const database = openHistoryDatabase(dataDir, silentLog)
  databases.push(database)
  return new History({ database, clock: new ManualClock(), log: silentLog })
}
const close = () => databases.pop()?.close()

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'stillpoint-history-'))
})

afterEach(() => rmSync(dataDir, { recursive: true }))

it('keeps entries over a restart and goes on with their numbers', () => {
  const first = open()
  first.add({ action: 'login', message: 'a' })
  close()

  const second = open()
  second.add({ action: 'rotate', message: 'b', proxy_id: 3, reason: 'manual', region: 'bac', old_ip: '1.2.3.4' })

  expect(second.list({ limit: 10 }).map(({ id, action, message }) => [id, action, message])).toEqual([
    [2, 'rotate', 'b'],
    [1, 'login', 'a'],
  ])
  close()
})

it('drops its oldest entries when it grows too long', () => {
  const history = open()
  for (let count = 0; count < 101_000; count++) history.add({ action: 'status', message: String(count) })

  expect(history.list({ limit: 1000, before: 2000 }).at(-1)?.id).toBe(1001)
  close()
})

it('sets a damaged database aside and begins a new one', () => {
  writeFileSync(join(dataDir, 'history.db'), 'this is no database, but long enough to be taken for one'.repeat(100))

  const history = open()
  history.add({ action: 'login', message: 'a' })

  expect(history.list({ limit: 10 })).toHaveLength(1)
  expect(readdirSync(dataDir).some((name) => name.startsWith('history.db.damaged-'))).toBe(true)
  close()
})

it('survives what happens after its close, which is only logged', () => {
  const history = open()
  close()

  expect(() => history.add({ action: 'login', message: 'late' })).not.toThrow()
})
