import type { Overrides } from '../../../backend/src/contract/index.ts'

/** trafficNames are the settings of traffic, which each key may have of its own. */
export const trafficNames = [
  'drain_seconds',
  'idle_drain_ms',
  'hold_seconds',
  'tunnel_idle_minutes',
] as const satisfies readonly (keyof Overrides)[]
