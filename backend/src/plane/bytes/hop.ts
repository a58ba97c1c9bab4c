import type { SpecialField } from './fields.ts'
import { trimBlanks } from './octets.ts'

/** Hop is what a head says of this one connection (RFC 9110, 7.6.1). */
export interface Hop {
  /** The options of Connection, in lower case. */
  readonly connection: ReadonlySet<string>
  /** The value of Upgrade where Connection names it. */
  readonly upgrade: string | null
  readonly acceptsTrailers: boolean
  /** Names of fields that Connection declares to concern this connection only, in lower case. */
  readonly nominated: ReadonlySet<string> | null
  /** All that Connection and TE say may be said to the next hop too, as it stands. */
  readonly holdsAsItStands: boolean
}

const noTokens: ReadonlySet<string> = new Set()
const quiet: Hop = {
  connection: noTokens,
  upgrade: null,
  acceptsTrailers: false,
  nominated: null,
  holdsAsItStands: false,
}

const options = new Set(['close', 'keep-alive', 'upgrade', 'te'])
/** A Connection field must not make us drop what the framing or the routing of a message rests on. */
const neverNominated = new Set(['host', 'content-length', 'transfer-encoding', 'cache-control', 'expect'])

/** readHop reads Connection, TE and Upgrade. An upgrade to HTTP/2 in clear (`h2c`) is not passed on: RFC 9113 knows it no more. */
export function readHop(special: readonly SpecialField[]): Hop {
  let connection = noTokens
  let upgrade: string | null = null
  let te: string | null = null
  for (const { name, value } of special) {
    if (name === 'connection') connection = new Set([...connection, ...tokensOf(value)])
    else if (name === 'upgrade') upgrade = upgrade === null ? value : `${upgrade}, ${value}`
    else if (name === 'te') te = te === null ? value.toLowerCase() : `${te}, ${value.toLowerCase()}`
  }
  if (connection === noTokens && te === null) return quiet
  const isUpgrade = upgrade !== null && connection.has('upgrade') && !/\bh2c\b/i.test(upgrade)
  const nominated = nominatedBy(connection)
  return {
    connection,
    upgrade: isUpgrade ? upgrade : null,
    acceptsTrailers: te !== null && tokensOf(te).includes('trailers'),
    nominated,
    holdsAsItStands:
      connection.size > 0 &&
      nominated === null &&
      connection.has('upgrade') === isUpgrade &&
      connection.has('te') === (te !== null) &&
      (te === null || te === 'trailers'),
  }
}

function tokensOf(value: string): string[] {
  return value
    .toLowerCase()
    .split(',')
    .map(trimBlanks)
    .filter((token) => token !== '')
}

function nominatedBy(connection: ReadonlySet<string>): ReadonlySet<string> | null {
  let names: Set<string> | null = null
  for (const token of connection) {
    if (options.has(token) || neverNominated.has(token)) continue
    names ??= new Set()
    names.add(token)
  }
  return names
}
