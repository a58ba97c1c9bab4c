import type { Region } from '../contract/index.ts'
import type { Clock } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import type { Provider } from '../providers/provider.ts'
import { decide, nothingHeld, retryProblems, type Decision, type Retry } from './decide.ts'
import { newLease, noUpstream, type LeaseFields } from './lease.ts'

/** Acquisition is what came of asking for the first upstream of a provider key; `problem` says why there is none yet. */
export type Acquisition =
  | { kind: 'ready'; fields: LeaseFields }
  | { kind: 'pending'; fields: LeaseFields; problem: Problem }

/**
 * Acquire asks for the first upstream of a provider key, or for its living one where the cooldown allows no new one. Throws
 * Problem `key_rejected`.
 */
export type Acquire = (providerKey: string, region: Region) => Promise<Acquisition>

const beforeCooldown = 'The provider gives no upstream before its cooldown ends.'

export function createAcquire(provider: Provider, clock: Clock): Acquire {
  return async (providerKey, region) => {
    const given = decide(nothingHeld, await provider.rotate(providerKey, region, 'interactive'), clock.now())
    if (given.kind !== 'wait') return toAcquisition(given)
    const living = decide(nothingHeld, await provider.current(providerKey, 'interactive'), clock.now())
    const acquisition = toAcquisition(living)
    if (acquisition.kind === 'ready') return acquisition
    return { ...acquisition, fields: { ...acquisition.fields, next_request_at: given.until } }
  }
}

function toAcquisition(decision: Decision): Acquisition {
  switch (decision.kind) {
    case 'adopt':
    case 'confirm':
      return { kind: 'ready', fields: newLease(decision.fields) }
    case 'refuse':
      throw new Problem('key_rejected', decision.message)
    case 'wait':
      return pending('provider_unavailable', beforeCooldown)
    case 'retry':
      return pending(retryProblems[decision.cause], decision.cause === 'none' ? beforeCooldown : decision.message)
    default:
      return decision satisfies never
  }
}

function pending(code: (typeof retryProblems)[Retry['cause']], message: string): Acquisition {
  return { kind: 'pending', fields: noUpstream, problem: new Problem(code, message) }
}
