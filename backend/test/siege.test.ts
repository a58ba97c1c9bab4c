import { expect, it } from 'vitest'

import { runSiege } from '../bench/siege.ts'

it.runIf(process.platform === 'linux')(
  'serves its clients, its admin and its store through half a minute of hostile strangers, and keeps nothing of them',
  async () => {
    const { deeds, honest, health, store, memory, descriptors, traces } = await runSiege({
      seconds: 30,
      perSecond: 200,
      concurrency: 800,
    })

    console.log(`p99 of the clients: ${honest.p99.toFixed(1)} ms, in quiet ${honest.quietP99.toFixed(1)} ms`)
    expect(honest.failures.slice(0, 10)).toEqual([])
    expect(honest.done).toBeGreaterThan(1_000)
    expect([...health.failures, ...store.failures].slice(0, 10)).toEqual([])
    expect(deeds.filter(({ opened }) => opened === 0)).toEqual([])
    expect(deeds.filter(({ outstayed }) => outstayed > 0)).toEqual([])
    expect(memory.after.used).toBeLessThan(memory.before.used * 1.1)
    expect(memory.after.rss).toBeLessThan(memory.before.rss * 1.1)
    expect(descriptors.after).toBeLessThanOrEqual(descriptors.before)
    expect(traces).toBe(0)
  },
  240_000,
)
