import type { Region } from '../contract/index.ts'
import type { Clock } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import type { Provider, ProviderReply } from '../providers/provider.ts'
import { cooldownEnd, hasEnded, newLease, noUpstream, toUpstreamFields, type LeaseFields } from './lease.ts'

/** Acquisition is what came of asking for the first upstream of a provider key; `problem` says why there is none yet. */
export type Acquisition =
  | { kind: 'ready'; fields: LeaseFields }
  | { kind: 'pending'; fields: LeaseFields; problem: Problem }

/**
 * Acquire asks for the first upstream of a provider key, or for its living one where the cooldown allows no new one. Throws
 * Problem `key_rejected`.
 */
export type Acquire = (providerKey: string, region: Region) => Promise<Acquisition>

export function createAcquire(provider: Provider, clock: Clock): Acquire {
  return async (providerKey, region) => {
    const reply = await provider.rotate(providerKey, region, 'interactive')
    if (reply.kind !== 'cooldown') return toAcquisition(reply, clock.now())
    const acquisition = toAcquisition(await provider.current(providerKey, 'interactive'), clock.now())
    if (acquisition.kind === 'ready') return acquisition
    const next_request_at = cooldownEnd(clock, reply.retryAfterMs)
    return { ...acquisition, fields: { ...acquisition.fields, next_request_at } }
  }
}

function toAcquisition(reply: ProviderReply, now: number): Acquisition {
  switch (reply.kind) {
    case 'upstream':
      if (hasEnded(reply.upstream, now))
        return pending('provider_unavailable', 'The upstream it gave has ended already.')
      return { kind: 'ready', fields: newLease(toUpstreamFields(reply.upstream)) }
    case 'key_rejected':
      throw new Problem('key_rejected', reply.message)
    case 'out_of_stock':
      return pending('provider_out_of_stock', reply.message)
    case 'unavailable':
      return pending('provider_unavailable', reply.message)
    case 'none':
    case 'cooldown':
      return pending('provider_unavailable', 'The provider gives no upstream before its cooldown ends.')
    default:
      return reply satisfies never
  }
}

function pending(code: 'provider_unavailable' | 'provider_out_of_stock', message: string): Acquisition {
  return { kind: 'pending', fields: noUpstream, problem: new Problem(code, message) }
}
