import { z } from 'zod'

/** drainSeconds is how long work on a replaced upstream may go on: seconds, 0 to cut it at once, or `never` to let it end. */
export const drainSeconds = z.union(
  [z.int().min(0).max(86_400), z.literal('never')],
  'must be a whole number of seconds up to 86400, or never',
)

export const trafficFields = {
  drain_seconds: drainSeconds.meta({ description: 'How long open tunnels may stay on a replaced upstream.' }),
  idle_drain_ms: z.int().min(20).max(10_000).meta({ description: 'How quiet a tunnel must be to be closed then.' }),
  hold_seconds: z.int().min(0).max(60).meta({ description: 'How long new requests wait for an upstream.' }),
  tunnel_idle_minutes: z
    .int()
    .min(1)
    .max(1440)
    .meta({ description: 'A tunnel is closed after so long without a byte.' }),
}

/** overrides are the settings of one key that differ from the global ones. */
export const overrides = z.object(trafficFields).partial().meta({ id: 'Overrides' })

export type Overrides = z.infer<typeof overrides>
