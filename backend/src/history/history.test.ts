import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { afterEach, beforeEach, expect, it } from 'vitest'

import { ManualClock } from '../../test/support/manual-clock.ts'
import { systemActor, type LogEntry } from '../contract/index.ts'
import { silentLog } from '../lib/log.ts'
import { openHistoryDatabase } from './database.ts'
import type { History } from './history.ts'
import { SqliteHistory } from './sqlite-history.ts'

let dataDir: string
const databases: DatabaseSync[] = []
function open(): History {
  const database = openHistoryDatabase(dataDir, silentLog)
  databases.push(database)
  return new SqliteHistory({ database, clock: new ManualClock(), log: silentLog })
}
const close = () => databases.pop()?.close()

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'stillpoint-history-'))
})

afterEach(() => rmSync(dataDir, { recursive: true }))

it('keeps entries over a restart and goes on with their numbers', async () => {
  const first = open()
  first.add({ action: 'login', message: 'a' })
  close()

  const second = open()
  second.add({ action: 'rotate', message: 'b', proxy_id: 3, reason: 'manual', region: 'bac', old_ip: '1.2.3.4' })

  expect((await second.list({ limit: 10 })).map(({ id, action, message }) => [id, action, message])).toEqual([
    [2, 'rotate', 'b'],
    [1, 'login', 'a'],
  ])
  close()
})

it('goes on with a log from before facts were kept, whose sentences stay', async () => {
  const former = new DatabaseSync(join(dataDir, 'history.db'))
  former.exec(`
    CREATE TABLE log (
      id INTEGER PRIMARY KEY AUTOINCREMENT, proxy_id INTEGER, action TEXT NOT NULL, reason TEXT, region TEXT,
      status TEXT NOT NULL, old_ip TEXT, new_ip TEXT, message TEXT NOT NULL, timestamp TEXT NOT NULL
    ) STRICT;
    INSERT INTO log VALUES (7, 1, 'update', NULL, NULL, 'success', NULL, NULL, 'as it was', '2026-01-01T00:00:00.000Z');
  `)
  former.close()
  const told = { kind: 'password_reset', facts: { username: 'admin' }, by: systemActor } as const

  open().add({ action: 'password', message: 'b', happened: told })
  close()

  const [added, old] = await open().list({})
  expect(added).toMatchObject({ id: 8, message: 'b', ...told })
  expect(old).toMatchObject({ id: 7, message: 'as it was', kind: null, facts: null, by: null })
  close()
})

it('shows the sentence alone where the facts are of a kind that nobody knows', async () => {
  const history = open()
  history.add({ action: 'update', message: 'a' })
  databases.at(-1)?.exec(`UPDATE log SET data = '{"kind": "from_the_future", "facts": {}, "by": {}}'`)

  expect(await history.list({})).toMatchObject([{ message: 'a', kind: null, facts: null, by: null }])
  close()
})

it('drops its oldest entries when it grows too long', async () => {
  const history = open()
  for (let count = 0; count < 101_000; count++) history.add({ action: 'status', message: String(count) })

  expect((await history.list({ limit: 1000, before: 2000 })).at(-1)?.id).toBe(1001)
  close()
})

/** What so much more of the same leaves behind, of which the last few entries are written as always. */
function flood(history: History, entry: Pick<LogEntry, 'action' | 'status'>): void {
  databases
    .at(-1)
    ?.prepare(
      `INSERT INTO log (action, status, message, timestamp)
       WITH RECURSIVE counter (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM counter WHERE value < 101_500)
       SELECT ?, ?, 'flood', '2026-01-01T00:00:00.000Z' FROM counter`,
    )
    .run(entry.action, entry.status)
  for (let count = 0; count < 1_000; count++) history.add({ ...entry, message: 'flood' })
}
const lasting = ['login', 'logout', 'password', 'settings', 'add', 'delete'] as const

it.each(['update', 'rotate', 'drain', 'restart', 'status'] as const)(
  'keeps who came in and what was changed, however many entries say %s',
  async (action) => {
    const history = open()
    history.add({ action, message: 'early' })
    for (const each of lasting) history.add({ action: each, message: 'early' })

    flood(history, { action, status: 'success' })

    for (const each of lasting) expect(await history.list({ action: each })).toMatchObject([{ message: 'early' }])
    expect(await history.list({ action, before: 2_000 })).toEqual([])
    close()
  },
)

it.each(lasting)(
  'drops nothing else for entries that say %s, not even its successes for its failures',
  async (action) => {
    const history = open()
    history.add({ action, message: 'early' })
    history.add({ action: 'rotate', message: 'early' })

    flood(history, { action, status: 'failure' })

    expect(await history.list({ action, status: 'success' })).toHaveLength(1)
    expect(await history.list({ action: 'rotate' })).toHaveLength(1)
    expect(await history.list({ action, status: 'failure', before: 90_000 })).toEqual([])
    expect(await history.list({ action, status: 'failure', before: 95_000, limit: 1 })).toHaveLength(1)
    close()
  },
)

it('sets a damaged database aside and begins a new one', async () => {
  writeFileSync(join(dataDir, 'history.db'), 'this is no database, but long enough to be taken for one'.repeat(100))

  const history = open()
  history.add({ action: 'login', message: 'a' })

  expect(await history.list({ limit: 10 })).toHaveLength(1)
  expect(readdirSync(dataDir).some((name) => name.startsWith('history.db.damaged-'))).toBe(true)
  close()
})

it('survives what happens after its close, which is only logged', () => {
  const history = open()
  close()

  expect(() => history.add({ action: 'login', message: 'late' })).not.toThrow()
})
