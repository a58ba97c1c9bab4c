import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { sealFormer, toFormer } from '../../test/support/former-file.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import {
  addKeys,
  makeEndpoint,
  makeKey,
  openStore,
  testSecret,
  testVault,
  type TestStore,
} from '../../test/support/store.ts'
import { tokenPlace, type DataFile, type Endpoint, type ProxyKey } from '../contract/index.ts'
import { silentLog } from '../lib/log.ts'
import { Store } from './store.ts'

type Former = ReturnType<typeof toFormer>

interface Damageable {
  file: DataFile
  keys: ProxyKey[]
  endpoints: Endpoint[]
  second: Endpoint
}

describe('a file that is read', () => {
  let clock: ManualClock
  let opened: TestStore
  let path: string

  beforeEach(async () => {
    clock = new ManualClock()
    opened = await openStore({ clock })
    path = join(opened.dataDir, 'data.json')
  })

  afterEach(() => opened.remove())

  const onDisk = () => JSON.parse(readFileSync(path, 'utf8')) as DataFile
  const reopen = async () => {
    opened.store = await Store.open({ dataDir: opened.dataDir, vault: testVault, clock, log: silentLog })
  }
  /** Writes a file of a former form in place of the one of now, and returns its text. */
  const goBack = async (alter: (file: Former) => object) => {
    await opened.store.close()
    const text = JSON.stringify(alter(toFormer(onDisk(), testSecret)))
    writeFileSync(path, text)
    return text
  }
  it('of version 1 is brought up to date', async () => {
    await addKeys(opened.store, makeKey(1))
    await opened.store.close()
    const file = toFormer(onDisk(), testSecret)
    const { upstream_protocol: _, overrides: __, ...key } = file.proxy_keys[0] ?? {}
    const settings = {
      auto_rotate_on_expiration: true,
      auto_rotate_interval_enabled: true,
      auto_rotate_interval_minutes: 7,
    }
    writeFileSync(path, JSON.stringify({ ...file, version: 1, settings, proxy_keys: [key] }))

    await reopen()

    expect(opened.store.data.settings).toMatchObject({ auto_rotate_interval_minutes: 7, drain_seconds: 10 })
    expect(onDisk()).toMatchObject({
      version: 4,
      proxy_keys: [{ upstream_protocol: 'http' }],
      endpoints: [{ overrides: {} }],
    })
  })

  it('of version 3 is kept beside, and facts are made of its words', async () => {
    const words = ['pending', 'active', 'rotating', 'unreachable', 'expired', 'invalid', 'inactive']
    await addKeys(opened.store, ...words.map((_, index) => makeKey(index + 1)))
    await opened.store.close()
    const file = toFormer(onDisk(), testSecret)
    const rows = file.proxy_keys.map((key, index) => ({
      ...key,
      // JSON knows no undefined: these were not there.
      refused: undefined,
      reachable: undefined,
      status: words[index],
      last_check_at: key['created_at'],
      mine: index,
    }))
    const former = JSON.stringify({ ...file, version: 3, proxy_keys: rows })
    writeFileSync(path, former)

    await reopen()

    const known = opened.store.data.proxy_keys.map(({ refused, reachable }) => [refused?.code ?? null, reachable])
    expect(known).toEqual([
      [null, null],
      [null, true],
      [null, null],
      [null, false],
      [null, null],
      ['key_rejected', null],
      [null, null],
    ])
    expect(readFileSync(`${path}.v3`, 'utf8')).toBe(former)
    const written = onDisk().proxy_keys
    expect(written.map((row) => [row['status'], row['mine']])).toEqual(words.map((_, index) => [undefined, index]))
  })

  it('of version 4 in its first form is split too, and all that it does not know stays', async () => {
    await addKeys(opened.store, makeKey(3), makeKey(7))
    const { endpoints } = opened.store.data
    const former = await goBack((file) => ({
      ...file,
      next_proxy_id: 9,
      mine: [1],
      proxy_keys: file.proxy_keys.map((key) => ({
        ...key,
        of_key: key.id,
        access: { ...key.access, of_access: true },
      })),
    }))

    await reopen()

    expect(readFileSync(`${path}.v4`, 'utf8')).toBe(former)
    expect(onDisk()).toMatchObject({
      version: 4,
      mine: [1],
      next_proxy_id: 9,
      next_endpoint_id: 9,
      proxy_keys: [3, 7].map((id) => ({ id, provider: 'kiotproxy', of_key: id, tags: [], note: '' })),
      endpoints: [3, 7].map((id) => ({ id, number: id, port: 9000 + id, key_ids: [id], access: { of_access: true } })),
    })
    for (const field of ['key_name', 'subdomain', 'port', 'overrides', 'access']) {
      expect(onDisk().proxy_keys[0]).not.toHaveProperty(field)
    }
    const tokens = opened.store.data.endpoints.map(({ id, access }) => testVault.open(access.token, tokenPlace(id)))
    expect(tokens).toEqual(endpoints.map(({ id, access }) => testVault.open(access.token, tokenPlace(id))))
    expect(readFileSync(path, 'utf8')).not.toContain('enc:v1:')
  })

  it('is migrated once, and keeps a second former file of the same version beside the first', async () => {
    await addKeys(opened.store, makeKey(1))
    const first = await goBack((file) => file)
    await reopen()
    await opened.store.close()
    const migrated = readFileSync(path, 'utf8')
    await reopen()
    expect(readFileSync(path, 'utf8')).toBe(migrated)

    const second = await goBack((file) => ({ ...file, mine: 2 }))
    await reopen()

    expect([`${path}.v4`, `${path}.v4-2`].map((name) => readFileSync(name, 'utf8'))).toEqual([first, second])
  })

  it('of a former form that is wrong is left alone, and told of by the places that it has', async () => {
    await addKeys(opened.store, makeKey(1), makeKey(2))
    const former = await goBack(({ proxy_keys, ...file }) => ({
      ...file,
      proxy_keys: proxy_keys.map((key) => ({ ...key, subdomain: key.id === 2 ? 'shop' : key.subdomain })),
    }))

    await expect(reopen()).rejects.toThrow(/damaged: proxy_keys\.1\.subdomain: must be a number/)

    expect(readFileSync(path, 'utf8')).toBe(former)
    expect(readdirSync(opened.dataDir).toSorted()).toEqual(['data.json', 'data.json.bak'])
  })

  it.each<[string, (file: Damageable) => void, RegExp]>([
    [
      'an endpoint whose key is gone',
      ({ keys }) => void keys.pop(),
      /endpoints\.1\.key_ids: there is no key with the id 2/,
    ],
    [
      'two endpoints on one number',
      ({ second }) => void (second.number = 1),
      /endpoints\.1\.number: two endpoints have the number 1/,
    ],
    ['two endpoints on one port', ({ second }) => void (second.port = 9001), /endpoints\.1\.port: two endpoints have/],
    [
      'a key in no endpoint',
      ({ endpoints }) => void endpoints.shift(),
      /proxy_keys\.0: no endpoint has the key with the id 1/,
    ],
    [
      'a key in two endpoints',
      ({ second }) => void (second.key_ids = [1]),
      /endpoints\.1\.key_ids: another endpoint has the key with the id 1 already/,
    ],
    [
      'an endpoint of two keys',
      ({ second }) => void (second.key_ids = [1, 2]),
      /endpoints\.1\.key_ids: must have exactly one entry/,
    ],
    ['an endpoint of no key', ({ second }) => void second.key_ids.splice(0), /endpoints\.1\.key_ids\.0: is missing/],
    [
      'two keys of one id',
      ({ keys }) => void keys.push(keys[0] ?? makeKey(1)),
      /proxy_keys\.2\.id: two keys have the id 1/,
    ],
    [
      'a provider key copied from another row',
      ({ keys }) => keys.forEach((key) => (key.kiotproxy_key = keys[0]?.kiotproxy_key ?? '')),
      /proxy_keys\.1\.kiotproxy_key: the encrypted value was altered, or is that of another field or row/,
    ],
    [
      'a token copied from another field',
      ({ keys, second }) => void (second.access.token = keys[1]?.kiotproxy_key ?? ''),
      /endpoints\.1\.access\.token: the encrypted value was altered/,
    ],
    [
      'a secret that is bound to no place',
      ({ second }) => void (second.access.token = sealFormer('token', testSecret)),
      /endpoints\.1\.access\.token: the encrypted value was altered/,
    ],
    [
      'a check of the secret that is no such',
      ({ file, second }) => void (file.secret_check = second.access.token),
      /damaged: secret_check: the encrypted value was altered/,
    ],
  ])('with %s is refused with the place, and stays as it is', async (_, alter, message) => {
    await addKeys(opened.store, makeKey(1), makeKey(2))
    await opened.store.close()
    const file = onDisk()
    const [, second = makeEndpoint(2)] = file.endpoints
    alter({ file, keys: file.proxy_keys, endpoints: file.endpoints, second })
    const damaged = JSON.stringify(file)
    writeFileSync(path, damaged)

    await expect(reopen()).rejects.toThrow(message)

    expect(readFileSync(path, 'utf8')).toBe(damaged)
  })
})
