import { expect, it } from 'vitest'

import { runSoak } from '../bench/soak.ts'

it('loses no request, no byte and no socket in half a minute of rotations and broken exits', async () => {
  const { done, failures, excused, bytes, left } = await runSoak(30, 60)

  expect(failures).toEqual([])
  expect(done).toBeGreaterThan(1_000)
  expect(excused).toBeLessThan(done)
  expect(bytes.clients).toBe(bytes.origins)
  expect(left).toMatchObject({ connections: 0, tunnels: 0, exitConnections: 0 })
  expect(left.resources['TCPSocketWrap']).toBeUndefined()
}, 90_000)
