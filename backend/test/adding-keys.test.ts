import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { ImportReply, ProxyKeyView } from '../src/contract/index.ts'
import { ManualClock } from './support/manual-clock.ts'
import { until } from './support/until.ts'
import { providerKey, World } from './support/world.ts'

describe('adding keys', () => {
  let clock: ManualClock
  let world: World

  beforeEach(async () => {
    clock = new ManualClock()
    world = await World.create({ clock, simulator: { plan: { cooldownSeconds: 60 } } })
  })

  afterEach(() => world.stop())

  const add = (body: Record<string, unknown>) => world.call('POST', '/api/proxies', body)

  it('refuses a key that the provider does not know, and takes no port', async () => {
    const reply = await add({ key_name: 'A', kiotproxy_key: providerKey('nobody') })

    expect(reply.status).toBe(422)
    expect(reply.body).toMatchObject({ code: 'key_rejected' })
    expect(reply.body.detail).toMatch(/does not know this key/)
    expect(await world.list()).toEqual([])
    expect((await world.addKey('good')).subdomain).toBe('proxy1')
  })

  it('refuses a key that has run out, in plain words', async () => {
    world.simulator.addKey(providerKey('old')).state = 'expired'

    const reply = await add({ kiotproxy_key: providerKey('old') })

    expect(reply.status).toBe(422)
    expect(reply.body.detail).toMatch(/has run out at KiotProxy. Renew it/)
    expect(await world.list()).toEqual([])
  })

  it("takes the living proxy over while the provider's cooldown runs", async () => {
    const key = providerKey('used')
    world.simulator.addKey(key)
    const lease = await world.simulator.renew(key)

    const reply = await world.call<ProxyKeyView>('POST', '/api/proxies', { kiotproxy_key: key })

    expect(reply.status).toBe(201)
    expect(reply.body).toMatchObject({ status: 'active', remote_http: lease.exit.http, remote_ip: lease.exit.address })
    expect(world.simulator.getLease(key)).toBe(lease)
  })

  it.each([
    ['down', 'reset', /can't be reached/],
    ['out of stock', 'out_of_stock', /no free IP/],
    ['answering garbage', 'html', /can't be understood/],
  ] as const)('stores a key as pending while the provider is %s, and retries', async (_, fault, text) => {
    const kiotproxy_key = providerKey('late')
    world.simulator.addKey(kiotproxy_key)
    world.simulator.setFault(fault)

    const reply = await world.call<ProxyKeyView & { message: string }>('POST', '/api/proxies', { kiotproxy_key })
    expect(reply.status).toBe(201)
    expect(reply.body.status).toBe('pending')
    expect(reply.body.message).toMatch(text)
    expect(reply.body.message).toMatch(/becomes active as soon as/)

    world.simulator.setFault(null)
    await clock.advance(2_000)
    await until('the key to become active', async () => (await world.get(reply.body.id)).status === 'active')
  })

  it('refuses the same provider key twice and names the endpoint that has it', async () => {
    await world.addKey('one')

    const reply = await add({ key_name: 'again', kiotproxy_key: providerKey('one') })

    expect(reply.status).toBe(409)
    expect(reply.body).toMatchObject({ code: 'duplicate_key', detail: 'proxy1 (one) has this provider key already.' })
    expect(await world.list()).toHaveLength(1)
  })

  it('refuses the second of two equal requests at the same moment', async () => {
    world.simulator.addKey(providerKey('twin'))

    const replies = await Promise.all([1, 2].map(() => add({ kiotproxy_key: providerKey('twin') })))

    expect(replies.map((reply) => reply.status).toSorted()).toEqual([201, 409])
    expect(world.simulator.calls.filter((call) => call.verb === 'new')).toHaveLength(1)
  })

  it('passes over a port that another program holds', async () => {
    const holder = createServer()
    await new Promise<void>((resolve) => holder.listen(world.config.PROXY_PORT_START + 1, '127.0.0.1', resolve))

    const added = await world.addKey('second')

    expect(added).toMatchObject({ subdomain: 'proxy2', port: world.config.PROXY_PORT_START + 2 })
    await new Promise((resolve) => holder.close(resolve))
  })

  it('gives the lowest free number, but never an id twice', async () => {
    const first = await world.addKey('a')
    await world.addKey('b')
    await world.call('DELETE', `/api/proxies/${first.id}`)

    const third = await world.addKey('c')

    expect(third).toMatchObject({ subdomain: 'proxy1', id: 3 })
  })

  it.each([
    ['an empty name', { key_name: ' ' }, 'key_name'],
    ['a name of over 100 characters', { key_name: 'x'.repeat(101) }, 'key_name'],
    ['an unknown region', { region: 'west' }, 'region'],
    ['a key that is none', { kiotproxy_key: 'K 12' }, 'kiotproxy_key'],
    ['a bad network', { allowed_ips: ['10.0.0.0/33'] }, 'allowed_ips.0'],
  ])('refuses %s with the path of the field', async (_, change, path) => {
    const reply = await add({ key_name: 'A', kiotproxy_key: providerKey('x'), ...change })

    expect(reply.status).toBe(400)
    expect(reply.body.code).toBe('invalid_input')
    expect(reply.body.errors?.map((error) => error.path)).toEqual([path])
    expect(world.simulator.calls).toEqual([])
  })

  it('refuses broken JSON and bodies over 1 MB', async () => {
    const broken = await world.call('POST', '/api/proxies', '{"key_name": ')
    const long = await world.call('POST', '/api/proxies', JSON.stringify({ key_name: 'x'.repeat(1024 * 1024) }))

    expect([broken.status, broken.body.code]).toEqual([400, 'invalid_json'])
    expect([long.status, long.body.code]).toEqual([400, 'body_too_large'])
    expect(long.body.errors?.[0]?.path).toBe('body')
  })

  it('takes 4 KB of who signs in, and no body of who has not', async () => {
    world.session = ''
    const login = JSON.stringify({ username: 'x'.repeat(5_000), password: 'x' })

    const stranger = await world.call('POST', '/api/auth/login', login)
    expect([stranger.status, stranger.body.code]).toEqual([400, 'body_too_large'])
    expect((await world.call('POST', '/api/proxies', JSON.stringify({ key_name: 'x'.repeat(50_000) }))).status).toBe(
      401,
    )
  })
})

describe('what looks like a key but is in the wrong place', () => {
  let world: World
  const [one, two] = [providerKey('one'), providerKey('two')]

  beforeEach(async () => {
    world = await World.create()
    for (const key of [one, two]) world.simulator.addKey(key)
  })
  afterEach(() => world.stop())

  it.each([`${one} ${two}`, `${one}\n${two}`, one + two, `${one},${two}`])(
    'refuses several keys in the place of one, and says how they are added: %j',
    async (kiotproxy_key) => {
      const reply = await world.call('POST', '/api/proxies', { kiotproxy_key })

      expect([reply.status, reply.body.code]).toEqual([400, 'invalid_input'])
      expect(reply.body.errors).toMatchObject([
        { path: 'kiotproxy_key', message: expect.stringMatching(/import/) as string },
      ])
      expect(world.simulator.calls).toEqual([])
    },
  )

  it('refuses a key as a name when it is added, renamed or imported, and stores it nowhere', async () => {
    const added = await world.addKey('one')

    const replies = [
      await world.call('POST', '/api/proxies', { key_name: two, kiotproxy_key: two }),
      await world.call('PUT', `/api/proxies/${added.id}`, { key_name: `x ${two}` }),
    ]
    const imported = await world.call<ImportReply>('POST', '/api/proxies/import', { text: `${two},name` })

    expect(replies.map(({ status }) => status)).toEqual([400, 400])
    expect(replies.map(({ body }) => body.errors?.map(({ path }) => path))).toEqual([['key_name'], ['key_name']])
    expect(imported.body).toMatchObject({ added: 1 })
    expect((await world.list()).map(({ key_name }) => key_name)).toEqual(['one', 'name'])
    const stored = readFileSync(join(world.config.DATA_DIR, 'data.json'), 'utf8')
    expect(stored + JSON.stringify(await world.logs())).not.toContain(two)
    expect(world.simulator.calls.map(({ key }) => key)).toEqual([one, two])
  })
})

describe('a full range of ports', () => {
  it('is a conflict that says which range and how to widen it', async () => {
    const world = await World.create({ environment: { PROXY_PORT_START: '11000', PROXY_PORT_END: '11001' } })
    await world.addKey('only')
    world.simulator.addKey(providerKey('more'))

    const reply = await world.call('POST', '/api/proxies', { kiotproxy_key: providerKey('more') })

    expect(reply.status).toBe(409)
    expect(reply.body.code).toBe('no_free_number')
    expect(reply.body.detail).toBe(
      'No free port is left from 11001 to 11001. Keys or other programs hold them all. Raise PROXY_PORT_END and restart, or delete a key.',
    )
    expect(world.simulator.calls.filter((call) => call.key === providerKey('more'))).toEqual([])
    await world.stop()
  })
})

describe('importing keys', () => {
  it('answers for every line', async () => {
    const world = await World.create()
    for (const name of ['a', 'b', 'c']) world.simulator.addKey(providerKey(name))
    const text = [
      providerKey('a'),
      '',
      '# a comment',
      `Shop B, ${providerKey('b')}, bac`,
      `Shop C,${providerKey('c')},west`,
      providerKey('a'),
      `Nobody,${providerKey('nobody')}`,
      'a,b,c,d',
    ].join('\n')

    const reply = await world.call<{ added: number; lines: Record<string, unknown>[] }>('POST', '/api/proxies/import', {
      text,
      region: 'nam',
    })

    expect(reply.status).toBe(200)
    expect(reply.body).toMatchObject({ added: 2, failed: 4, skipped: 2 })
    expect(reply.body.lines.map((line) => [line['line'], line['status']])).toEqual([
      [1, 'added'],
      [2, 'skipped'],
      [3, 'skipped'],
      [4, 'added'],
      [5, 'failed'],
      [6, 'failed'],
      [7, 'failed'],
      [8, 'failed'],
    ])
    expect((await world.list()).map((key) => [key.key_name, key.region])).toEqual([
      ['proxy1', 'nam'],
      ['Shop B', 'bac'],
    ])
    await world.stop()
  })
  it('takes the lines that are asked for, under the head of their table', async () => {
    const world = await World.create()
    for (const name of ['a', 'b']) world.simulator.addKey(providerKey(name))
    const text = `Khu vực;Key;Tên\nBắc;${providerKey('a')};Nam\nHuế;${providerKey('b')};Vinh\n`

    const { body } = await world.call<ImportReply>('POST', '/api/proxies/import', { text, only_lines: [3] })

    expect(body.lines).toMatchObject([{ line: 3, status: 'added', name: 'Vinh', region: 'trung' }])
    expect(body.lines[0]?.endpoint).toBe((await world.get(1)).endpoint)
    expect(await world.list()).toMatchObject([{ key_name: 'Vinh', region: 'trung' }])
    await world.stop()
  })

  it('gives a number only to keys that the provider agrees to', async () => {
    const world = await World.create()
    world.simulator.addKey(providerKey('good'))
    const text = `${providerKey('bad')}\n${providerKey('good')}`

    const { body } = await world.call<ImportReply>('POST', '/api/proxies/import', { text })

    expect(body.lines.map(({ status }) => status)).toEqual(['failed', 'added'])
    expect((await world.addKey('next')).subdomain).toBe(
      body.lines[1]?.proxy?.subdomain === 'proxy1' ? 'proxy2' : 'proxy1',
    )
    await world.stop()
  })
})
