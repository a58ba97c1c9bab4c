import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { ManualClock } from '../../test/support/manual-clock.ts'
import { addKeys, makeEndpoint, makeKey, openStore, testVault, type TestStore } from '../../test/support/store.ts'
import { until } from '../../test/support/until.ts'
import type { Endpoint } from '../contract/index.ts'
import { silentLog } from '../lib/log.ts'
import { createVault } from '../lib/vault.ts'
import { lockFolder } from './folder-lock.ts'
import { Store, type StoreDraft } from './store.ts'

const someKey = makeKey(1)
const someEndpoint = makeEndpoint(1)

describe('the store', () => {
  let clock: ManualClock
  let opened: TestStore
  let path: string

  beforeEach(async () => {
    clock = new ManualClock()
    opened = await openStore({ clock })
    path = join(opened.dataDir, 'data.json')
  })

  afterEach(() => opened.remove())

  const onDisk = () => JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  const setInterval = (minutes: number) =>
    opened.store.change((draft) => void (draft.settings.auto_rotate_interval_minutes = minutes))
  const minutes = () => opened.store.data.settings.auto_rotate_interval_minutes
  const reopen = async () => {
    await opened.store.close()
    return await Store.open({ dataDir: opened.dataDir, vault: testVault, clock, log: silentLog })
  }

  it('writes a file that a person can read and nobody else', async () => {
    await setInterval(7)

    expect(readFileSync(path, 'utf8')).toContain('\n    "auto_rotate_interval_minutes": 7,\n')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readdirSync(opened.dataDir).toSorted()).toEqual(['data.json', 'data.json.bak'])
  })

  it('keeps the copy before the last change beside it', async () => {
    await setInterval(7)
    await setInterval(8)

    const backup = JSON.parse(readFileSync(`${path}.bak`, 'utf8')) as { settings: Record<string, unknown> }
    expect(backup.settings['auto_rotate_interval_minutes']).toBe(7)
  })

  it('makes many changes at once one after the other', async () => {
    await addKeys(opened.store, makeKey(1, { ttl: 0 }))

    await Promise.all(
      Array.from({ length: 50 }, () =>
        opened.store.change((draft) => draft.keys.where(() => true).forEach((row) => (row.ttl = (row.ttl ?? 0) + 1))),
      ),
    )

    expect(opened.store.data.proxy_keys[0]?.ttl).toBe(50)
    expect((await reopen()).data.proxy_keys[0]?.ttl).toBe(50)
  })

  it('writes changes that come while the disk is busy together, without the one that throws', async () => {
    let times = 0
    opened.store.subscribe(() => (times += 1))
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) =>
        opened.store.change((draft) => {
          const id = draft.takeKeyId()
          if (index === 20) throw new Error('no')
          return id
        }),
      ),
    )

    expect(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : 'failed'))).toEqual(
      Array.from({ length: 50 }, (_, index) => (index === 20 ? 'failed' : index < 20 ? index + 1 : index)),
    )
    expect(times).toBe(1)
    expect((await reopen()).data.next_proxy_id).toBe(50)
  })

  it('does changes and records in the order of the calls', async () => {
    const then = (alter: (minutes: number) => number) => (draft: StoreDraft) => {
      draft.settings.auto_rotate_interval_minutes = alter(draft.settings.auto_rotate_interval_minutes)
    }
    await Promise.all([
      opened.store.change(then((value) => value * 2)),
      opened.store.change(then((value) => value + 3)),
      opened.store.record(then((value) => value * 10)),
      opened.store.change(then((value) => value + 4)),
    ])

    expect(minutes()).toBe((10 * 2 + 3) * 10 + 4)
  })

  it('changes nothing when a recipe throws or makes something invalid', async () => {
    const before = opened.store.data

    await expect(
      opened.store.change(() => {
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    await expect(setInterval(1)).rejects.toThrow(/must be at least 2/)
    await expect(addKeys(opened.store, makeKey(1), makeKey(1))).rejects.toThrow(/two keys have the id 1/)
    const add = (count: number, change: (id: number) => Partial<Endpoint>) =>
      opened.store.change((draft) => {
        for (let id = 1; id <= count; id++) {
          draft.keys.add({ ...someKey, id })
          draft.endpoints.add({ ...someEndpoint, id, number: id, port: 9000 + id, key_ids: [id], ...change(id) })
        }
      })
    await expect(add(2, () => ({ port: 9001 }))).rejects.toThrow(/two endpoints have the port 9001/)
    const own = { ...someEndpoint.access, local_address: '127.0.0.5' }
    await expect(add(2, () => ({ access: own }))).rejects.toThrow(/two endpoints have the local_address 127\.0\.0\.5/)
    await expect(add(21, (id) => ({ number: id === 21 ? 7 : id }))).rejects.toThrow(/two endpoints have the number 7/)

    expect(opened.store.data).toBe(before)
  })

  it('keeps fields that it does not know', async () => {
    const file = onDisk()
    writeFileSync(
      path,
      JSON.stringify({ ...file, note: 'mine', settings: { ...(file['settings'] as object), later: [1] } }),
    )
    opened.store = await reopen()

    await setInterval(9)

    expect(onDisk()).toMatchObject({ note: 'mine', settings: { later: [1], auto_rotate_interval_minutes: 9 } })
  })

  it('records facts in memory at once and on disk a little later', async () => {
    await opened.store.record((draft) => void (draft.settings.auto_rotate_interval_minutes = 33))

    expect(minutes()).toBe(33)
    expect(onDisk()).toMatchObject({ settings: { auto_rotate_interval_minutes: 10 } })
    await clock.advance(60_000)
    await until('the disk to follow', () => JSON.stringify(onDisk()).includes('"auto_rotate_interval_minutes":33'))
  })

  it('writes recorded facts when it closes', async () => {
    await opened.store.record((draft) => void (draft.settings.auto_rotate_interval_minutes = 33))

    expect((await reopen()).data.settings.auto_rotate_interval_minutes).toBe(33)
  })

  it.runIf(process.platform === 'linux')(
    'refuses a change when the disk is full, and goes on when it is not',
    async () => {
      symlinkSync('/dev/full', `${path}.tmp`)
      await expect(setInterval(7)).rejects.toMatchObject({ code: 'storage_full' })
      expect(minutes()).toBe(10)
      await opened.store.record((draft) => void (draft.settings.auto_rotate_on_expiration = false))

      rmSync(`${path}.tmp`, { force: true })
      await setInterval(8)

      expect(onDisk()).toMatchObject({
        settings: { auto_rotate_interval_minutes: 8, auto_rotate_on_expiration: false },
      })
    },
  )

  it('refuses a change when the folder can not be written', async () => {
    mkdirSync(`${path}.tmp`)

    await expect(setInterval(7)).rejects.toMatchObject({ code: 'storage_failed' })

    expect(minutes()).toBe(10)
    rmSync(`${path}.tmp`, { recursive: true })
  })

  it('sets an edit made by hand meanwhile aside, instead of overwriting it', async () => {
    await setInterval(7)
    writeFileSync(path, '{"mine": true}')

    await setInterval(8)

    const kept = readdirSync(opened.dataDir).find((name) => name.startsWith('data.json.edited-'))
    expect(readFileSync(join(opened.dataDir, kept ?? ''), 'utf8')).toBe('{"mine": true}')
    expect(onDisk()).toMatchObject({ settings: { auto_rotate_interval_minutes: 8 } })
  })

  it.each([
    ['no JSON', (text: string) => text.replace('"settings"', 'settings'), /is not JSON \(line 5, column \d+\)/],
    ['cut off', (text: string) => text.slice(0, 60), /is not JSON \(line \d+, column \d+\)/],
    ['empty', () => '', /is not JSON \(it is empty\)/],
    ['a list', () => '[]', /has no "version" number/],
    [
      'of a newer version',
      (text: string) => text.replace('"version": 4', '"version": 99'),
      /written by a newer Stillpoint/,
    ],
    [
      'wrong in a field',
      (text: string) => text.replace('_minutes": 10', '_minutes": 1'),
      /settings.auto_rotate_interval_minutes: must be at least 2/,
    ],
  ])('does not start with a file that is %s, and leaves it as it is', async (_, damage, message) => {
    await opened.store.close()
    const damaged = damage(readFileSync(path, 'utf8'))
    writeFileSync(path, damaged)

    await expect(reopen()).rejects.toThrow(message)

    expect(readFileSync(path, 'utf8')).toBe(damaged)
  })

  it('does not start with an upstream at a port that there is not, and says whose it is', async () => {
    await addKeys(opened.store, makeKey(1))
    await opened.store.close()
    writeFileSync(path, readFileSync(path, 'utf8').replace('"127.0.0.1:9"', '"127.0.0.1:99999"'))

    await expect(reopen()).rejects.toThrow(
      /data.json is damaged: proxy_keys.0.remote_http: must be host:port, with a port from 1 to 65535\. Nothing was changed/,
    )
  })

  it('does not start anew when the file is gone but its copy is there', async () => {
    await setInterval(7)
    await opened.store.close()
    rmSync(path)

    await expect(reopen()).rejects.toThrow(/is missing, but .*data.json.bak is there/)
  })

  it('does not start with another secret key', async () => {
    const open = Store.open({ dataDir: opened.dataDir, vault: createVault(Buffer.alloc(32, 8)), clock, log: silentLog })

    await expect(open).rejects.toThrow(/encrypted with another key. Start with the SECRET_KEY/)
  })

  it('locks its folder against a second process', () => {
    const unlock = lockFolder(opened.dataDir)

    expect(() => lockFolder(opened.dataDir)).toThrow(/in use by another Stillpoint process/)
    unlock()
    lockFolder(opened.dataDir)()
  })
})
