import { BlockList, isIP } from 'node:net'

import { labelUnder } from '../../lib/host-name.ts'
import { normalizeAddress, normalizeNetwork } from '../../lib/ip.ts'
import type { Route } from '../table.ts'

/** Clues are what a connection tells about which endpoint it is for. */
export interface Clues {
  /** The name that a TLS client asked for; null without TLS. */
  readonly serverName: string | null
  /** The address of ours that it was made to. */
  readonly localAddress: string
  readonly clientAddress: string
}

/** Identify finds the name of the endpoint that is meant, by the strongest clue that says something; null for none. */
export type Identify = (clues: Clues, username: string | null) => string | null

/**
 * createIdentify compiles the endpoints under a domain. In this order: the name asked for by TLS, the user name, the address the
 * connection came in on, the client's address: first in the networks that the admin set, most specific first, then among
 * addresses that were let in for a time. A name that is no endpoint's points nowhere: weaker clues must not lead elsewhere. A
 * tie is no match. An empty user name says nothing.
 */
export function createIdentify(domain: string, routes: readonly Route[]): Identify {
  const names = new Set(routes.map(({ name }) => name))
  const byLocalAddress = new Map(
    routes.flatMap(({ name, localAddress }) => (localAddress ? [[localAddress, name]] : [])),
  )
  const byNetwork = compileNetworks(routes)
  const byAddress = compileAddresses(routes)
  const known = (name: string) => (names.has(name) ? name : null)
  return ({ serverName, localAddress, clientAddress }, username) => {
    const label = serverName === null ? null : labelUnder(domain, serverName)
    if (label !== null) return known(label)
    if (username !== null && username !== '') return known(username)
    const local = byLocalAddress.get(normalizeAddress(localAddress))
    if (local !== undefined) return local
    const address = normalizeAddress(clientAddress)
    const found = byNetwork(address)
    return found === undefined ? byAddress(address) : found
  }
}

/** A level is one length of prefix: all networks of it, most specific levels first. */
interface Level {
  family: 'ipv4' | 'ipv6'
  prefix: number
  all: BlockList
  networks: { name: string; list: BlockList }[]
}

/** The name of the one endpoint; null for several, undefined for none. */
function compileNetworks(routes: readonly Route[]): (address: string) => string | null | undefined {
  const levels = new Map<string, Level>()
  for (const { name, access } of routes) for (const network of access.networks) addNetwork(levels, name, network)
  const sorted = [...levels.values()].toSorted((a, b) => b.prefix - a.prefix)
  return (address) => {
    const version = isIP(address)
    if (version === 0) return undefined
    const family = version === 6 ? 'ipv6' : 'ipv4'
    const level = sorted.find((candidate) => candidate.family === family && candidate.all.check(address, family))
    if (!level) return undefined
    const matches = new Set(level.networks.filter(({ list }) => list.check(address, family)).map(({ name }) => name))
    const [only = null] = matches
    return matches.size === 1 ? only : null
  }
}

function addNetwork(levels: Map<string, Level>, name: string, network: string): void {
  const [address = '', digits] = normalizeNetwork(network).split('/')
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  const prefix = digits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(digits)
  const key = `${family}/${prefix}`
  const level = levels.get(key) ?? { family, prefix, all: new BlockList(), networks: [] }
  levels.set(key, level)
  const list = new BlockList()
  list.addSubnet(address, prefix, family)
  level.all.addSubnet(address, prefix, family)
  level.networks.push({ name, list })
}

function compileAddresses(routes: readonly Route[]): (address: string) => string | null {
  const owners = new Map<string, string | null>()
  for (const { name, access } of routes) {
    for (const address of access.addresses) owners.set(address, owners.has(address) ? null : name)
  }
  return (address) => owners.get(address) ?? null
}
