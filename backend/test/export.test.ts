import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { ImportReply, LogEntry, ProblemBody } from '../src/contract/index.ts'
import { ManualClock } from './support/manual-clock.ts'
import { adminPassword, providerKey, World } from './support/world.ts'

describe('the export of keys', () => {
  let clock: ManualClock
  let world: World

  beforeEach(async () => {
    clock = new ManualClock()
    world = await World.create({ clock })
  })
  afterEach(() => world.stop())

  const ask = async (password?: string) => {
    const response = await fetch(`${world.url}/api/export`, {
      method: password === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${world.session}`, 'content-type': 'application/json' },
      ...(password === undefined ? {} : { body: JSON.stringify({ password }) }),
    })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  const importText = (text: string) =>
    world.call<ImportReply>('POST', '/api/proxies/import', { text, region: 'trung', dry_run: false })
  const exports = async () => (await world.call<LogEntry[]>('GET', '/api/logs?action=export')).body

  it('brings everything back when it is imported into an empty installation', async () => {
    const names = ['=cmd|x', "'=1", 'Shop, "A"', 'Nam', 'Hà Nội', '12', 'Shop # 1', '-5', 'key', 'Tên: x']
    for (const [index, key_name] of names.entries()) {
      const upstream_protocol = index % 2 === 0 ? 'http' : 'socks5'
      await world.addKey(`k${index}`, { key_name, region: index % 2 === 0 ? 'bac' : 'random', upstream_protocol })
    }
    const outline = async () =>
      (await world.list()).map(({ key_name, region, upstream_protocol, kiotproxy_key, endpoint }) => {
        return { key_name, region, upstream_protocol, kiotproxy_key, endpoint }
      })
    const before = await outline()
    const { status, headers, text } = await ask(adminPassword)
    for (const { id } of await world.list()) await world.call('DELETE', `/api/proxies/${id}`)

    const reply = await importText(text)

    expect([status, headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8'])
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('content-disposition')).toContain('attachment')
    expect(reply.body).toMatchObject({ added: names.length, failed: 0, skipped: 1 })
    expect((await outline()).toSorted((a, b) => (a.endpoint < b.endpoint ? -1 : 1))).toEqual(
      before.toSorted((a, b) => (a.endpoint < b.endpoint ? -1 : 1)),
    )
  })

  it('holds no formula', async () => {
    await world.addKey('k', { key_name: '=HYPERLINK("http://evil.example")' })

    const { text } = await ask()

    expect(text.split('\r\n')[1]).toMatch(/^"'=HYPERLINK/)
  })

  it('masks the provider keys where no password was given, and says so when it is imported', async () => {
    await world.addKey('k', { key_name: 'Shop' })
    const { status, text } = await ask()
    await world.call('DELETE', '/api/proxies/1')

    const { body } = await importText(text)

    expect(status).toBe(200)
    expect(text).not.toContain(providerKey('k'))
    expect(body.lines[1]).toMatchObject({ status: 'failed', reason: 'masked_key' })
    expect(body.lines[1]?.message).toMatch(/masked.*export it again with the whole provider keys/)
  })

  it('gives whole keys only for the right password, and makes who guesses wait', async () => {
    await world.addKey('k')

    const wrong = await ask('a wrong password')
    for (let count = 0; count < 4; count++) await ask('a wrong password')
    const slowed = await ask(adminPassword)

    expect([wrong.status, (JSON.parse(wrong.text) as ProblemBody).code]).toEqual([401, 'wrong_credentials'])
    expect([slowed.status, slowed.headers.get('retry-after')]).toEqual([429, '5'])
    expect(slowed.text + wrong.text).not.toContain(providerKey('k'))
    await clock.advance(5_000)
    expect((await ask(adminPassword)).text).toContain(providerKey('k'))
    expect((await world.call('POST', '/api/export', {})).status).toBe(400)
    expect((await world.call('POST', '/api/export', { password: '' })).status).toBe(400)
  })

  it('needs a session, and from a page of somebody else gives nothing', async () => {
    const cookie = `session_id=${world.session}`
    const post = (headers: Record<string, string>) =>
      fetch(`${world.url}/api/export`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ password: adminPassword }),
      })

    expect((await post({})).status).toBe(401)
    expect((await fetch(`${world.url}/api/export`)).status).toBe(401)
    expect((await post({ cookie, origin: 'https://evil.example' })).status).toBe(403)
    expect((await post({ cookie, origin: world.url })).status).toBe(200)
  })

  it('stands in the log, without keys and passwords', async () => {
    await world.addKey('k')
    await ask()
    await ask('a wrong password')
    await ask(adminPassword)

    const entries = await exports()

    expect(entries.map(({ status }) => status)).toEqual(['success', 'failure', 'success'])
    expect(entries.map(({ message }) => message)).toEqual([
      'admin exported 1 key with whole provider keys, from 127.0.0.1.',
      'admin gave a wrong password for an export, from 127.0.0.1.',
      'admin exported 1 key with masked provider keys, from 127.0.0.1.',
    ])
    const stored = readFileSync(join(world.config.DATA_DIR, 'history.db'))
    for (const secret of [providerKey('k'), adminPassword, 'a wrong password'])
      expect(stored.includes(secret)).toBe(false)
  })
})
