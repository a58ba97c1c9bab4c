import { spread } from '../lib/spread.ts'

/** By up to so much of the interval a turn is late. */
const jitter = 0.1

/**
 * nextTurn is when the timed turn of a key comes that is the first after a point in time. Each key has its turns at a place of its own
 * in the interval, moved each time by up to a tenth of it. Both follow from the key's id and the number of the turn alone: a
 * restart changes nothing, and keys that were once rotated in the same second drift apart with their next turn.
 */
export function nextTurn(id: number, intervalMs: number, after: number): number {
  const phase = spread(id)
  const timeOf = (turn: number) => Math.round((turn + phase + jitter * fractionOf(id, turn)) * intervalMs)
  let turn = Math.floor(after / intervalMs - phase) - 1
  while (timeOf(turn) <= after) turn += 1
  return timeOf(turn)
}

/** A number from 0 to 1 that looks like chance: the finaliser of MurmurHash3 over both. */
function fractionOf(id: number, turn: number): number {
  let hash = Math.imul(id, 0x9e3779b1) ^ turn
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
