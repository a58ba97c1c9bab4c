import { expect, it } from 'vitest'

import { ManualClock } from '../../test/support/manual-clock.ts'
import { systemActor, type Happening } from '../contract/index.ts'
import { silentLog } from '../lib/log.ts'
import { Bus } from './bus.ts'
import { toLogEntry } from './log-entry.ts'

const names = { endpoint: 'proxy3', key_name: 'Shop A' }

it('tells everybody, with the time, whatever one of them throws', () => {
  const clock = new ManualClock()
  const bus = new Bus({ clock, log: silentLog })
  const heard: Happening[] = []
  bus.happened.subscribe(() => {
    throw new Error('no')
  })
  bus.happened.subscribe((happening) => heard.push(happening))

  bus.tell({ kind: 'key_restored', proxy_id: 3, facts: names, by: systemActor })
  bus.tell({ kind: 'password_reset', facts: { username: 'admin' }, by: systemActor })

  const at = new Date(clock.now()).toISOString()
  expect(heard).toEqual([
    { kind: 'key_restored', proxy_id: 3, facts: names, by: systemActor, at },
    { kind: 'password_reset', proxy_id: null, facts: { username: 'admin' }, by: systemActor, at },
  ])
})

it('is filed in the log under what it is filtered by, with the facts as they are', () => {
  const at = '2026-01-31T08:15:30.000Z'
  const facts = {
    ...names,
    reason: 'manual',
    region: 'nam',
    old_ip: '203.0.113.1',
    new_ip: null,
    upstream: 'h:1',
  } as const
  const by = { kind: 'admin', id: 1, name: 'admin', address: '192.0.2.1' } as const

  expect(toLogEntry({ kind: 'rotated', proxy_id: 3, facts, by, at })).toEqual({
    proxy_id: 3,
    action: 'rotate',
    status: 'success',
    reason: 'manual',
    region: 'nam',
    old_ip: '203.0.113.1',
    new_ip: null,
    message: 'proxy3 moved from 203.0.113.1 to h:1.',
    timestamp: at,
    happened: { kind: 'rotated', facts, by },
  })
  expect(toLogEntry({ kind: 'signed_out', proxy_id: null, facts: {}, by, at })).toMatchObject({
    action: 'logout',
    reason: null,
    region: null,
    old_ip: null,
    new_ip: null,
  })
})
