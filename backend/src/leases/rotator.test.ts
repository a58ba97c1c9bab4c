import { setImmediate as pause } from 'node:timers/promises'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { ManualClock } from '../../test/support/manual-clock.ts'
import { addKeys, makeKey, openStore, testVault, type TestStore } from '../../test/support/store.ts'
import { until } from '../../test/support/until.ts'
import { Bus } from '../happenings/bus.ts'
import type { Log } from '../lib/log.ts'
import { silentLog } from '../lib/log.ts'
import type { Provider, ProviderReply } from '../providers/provider.ts'
import { Backoff } from './backoff.ts'
import { Rotator } from './rotator.ts'
import { Running } from './running.ts'

const outOfStock: ProviderReply = { kind: 'out_of_stock', message: 'Sold out.' }

describe('a rotation that nobody waits for', () => {
  let clock: ManualClock
  let opened: TestStore
  let rotator: Rotator
  let calls: { answer: (reply: ProviderReply) => void; fail: (error: Error) => void }[]
  let errors: string[]

  beforeEach(async () => {
    clock = new ManualClock()
    opened = await openStore({ clock })
    await addKeys(opened.store, makeKey(1))
    calls = []
    errors = []
    const provider: Provider = {
      rotate: () => new Promise((answer, fail) => calls.push({ answer, fail })),
      current: () => Promise.resolve({ kind: 'none' }),
      release: () => Promise.resolve({ kind: 'none' }),
      close: () => Promise.resolve(),
    }
    const log = { ...silentLog, error: (_: object, message: string) => errors.push(message) } as unknown as Log
    rotator = new Rotator({
      store: opened.store,
      provider,
      vault: testVault,
      bus: new Bus({ clock, log: silentLog }),
      backoff: new Backoff(clock, () => 0.5),
      clock,
      log,
      running: new Running(),
    })
  })

  afterEach(async () => {
    await rotator.stop()
    await opened.remove()
  })

  const asked = (count: number) => until('the provider to be asked', () => calls.length === count)
  const over = () => until('the end of the rotation', () => !rotator.isRotating(1))

  it('begins, but not beside one that runs', async () => {
    expect(rotator.tryRotate(1, 'interval')).toBe(true)
    await asked(1)
    expect(rotator.tryRotate(1, 'interval')).toBe(false)

    calls[0]?.answer({ kind: 'cooldown', retryAfterMs: null })
    await over()

    expect(calls).toHaveLength(1)
  })

  it('does not begin before the wait after a failure is over, and is no error', async () => {
    rotator.tryRotate(1, 'expiration')
    await asked(1)
    calls[0]?.answer(outOfStock)
    await over()

    clock.leap(4_999)
    expect(rotator.tryRotate(1, 'expiration')).toBe(false)
    clock.leap(1)
    expect(rotator.tryRotate(1, 'expiration')).toBe(true)
    await asked(2)
    calls[1]?.answer(outOfStock)
    await over()

    expect(errors).toEqual([])
  })

  it('is tried in vain for a key that is gone, without an error', async () => {
    await opened.store.change((draft) => {
      draft.endpoints.remove(draft.endpointOf(1).id)
      draft.keys.remove(1)
    })

    expect(rotator.tryRotate(1, 'failure')).toBe(true)
    await over()

    expect(calls).toEqual([])
    expect(errors).toEqual([])
  })

  it('logs what nobody expected', async () => {
    rotator.tryRotate(1, 'expiration')
    await asked(1)

    calls[0]?.fail(new TypeError('broken'))
    await over()
    await pause()

    expect(errors).toEqual(['a rotation failed unexpectedly'])
  })
})
