import type { AllowedAddress } from '../contract/index.ts'
import { toMs } from '../lib/clock.ts'
import { normalizeAddress } from '../lib/ip.ts'
import { Problem } from '../lib/problem.ts'

/** So many a key may have: who adds one more has forgotten the others. */
const maxAddresses = 1_000
/** So many of these may have been let in with its token. */
const maxTokenAddresses = 16
/** A new end that differs by less from the present one is no change: whoever repeats himself costs no write and no log entry. */
const sameEndMs = 60_000

/** LetIn is the entry of an address, and all entries with it; null where they already say so. */
export interface LetIn {
  entry: AllowedAddress
  entries: AllowedAddress[] | null
}

/**
 * letIn says what becomes of the entries of an endpoint when one more is wished for. The admin's word replaces all that was said of
 * the address. A token adds to it at most: what the admin allowed for longer stays as it is. Throws Problem `too_many_addresses` for
 * more than a token may have, `invalid_input` for more than a key may.
 */
export function letIn(name: string, entries: readonly AllowedAddress[], wished: AllowedAddress): LetIn {
  const { address, until, made_by } = wished
  const isReplaced = (entry: AllowedAddress) =>
    isSame(entry, address) && (made_by === 'admin' || entry.made_by === 'token')
  const [first, ...more] = entries.filter(isReplaced)
  const isRepeated = more.length === 0 && first?.made_by === made_by && hasSameEnd(first, until)
  const others = entries.filter((entry) => !isReplaced(entry))
  const kept = isRepeated ? first : others.find((entry) => isSame(entry, address) && lastsAsLong(entry, until))
  if (kept) return { entry: kept, entries: null }
  if (made_by === 'token') refuseMany(name, others)
  if (others.length >= maxAddresses) {
    const message = `has ${maxAddresses} allowed addresses already; remove some`
    throw new Problem('invalid_input', `${name} ${message}.`, { fields: [{ path: 'address', message }] })
  }
  return { entry: wished, entries: [...others, wished] }
}

/** isSame compares by meaning: those that were stored before may have another spelling. */
export function isSame(entry: AllowedAddress, address: string): boolean {
  return normalizeAddress(entry.address) === address
}

export function without(entries: readonly AllowedAddress[], address: string): AllowedAddress[] {
  return entries.filter((entry) => !isSame(entry, address))
}

function refuseMany(name: string, others: readonly AllowedAddress[]): void {
  if (others.filter(({ made_by }) => made_by === 'token').length < maxTokenAddresses) return
  throw new Problem(
    'too_many_addresses',
    `${maxTokenAddresses} other addresses are allowed with the token of ${name} already, so nothing was changed. Wait until the time of one is over, give the user name ${name} and its token with each connection, or ask the admin to remove some.`,
  )
}

function lastsAsLong({ until }: AllowedAddress, other: string | null): boolean {
  return until === null || (other !== null && toMs(until) >= toMs(other))
}

function hasSameEnd({ until }: AllowedAddress, other: string | null): boolean {
  if (until === null || other === null) return until === other
  return Math.abs(toMs(other) - toMs(until)) < sameEndMs
}
