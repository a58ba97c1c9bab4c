import { BlockList, isIP } from 'node:net'

import { labelUnder } from '../lib/host-name.ts'
import { normalizeAddress } from '../lib/ip.ts'

/** Clues are what a connection tells about which endpoint it is for. */
export interface Clues {
  /** The name that a TLS client asked for. */
  serverName: string | null
  /** The user name that it presents. */
  username: string | null
  /** The address of ours that it was made to. */
  localAddress: string
  clientAddress: string
}

/** Entry is what the gateway knows of one endpoint. */
export interface Entry {
  /** `proxy3`: also its user name and the first label of its host name. */
  name: string
  /** An address of this machine that is this endpoint's alone, where there is one. */
  localAddress: string | null
  allowedNetworks: readonly string[]
}

/** Table finds the endpoint that clues point to, by the strongest of them that says something; null for none. */
export type Table = (clues: Clues) => string | null

/**
 * createTable compiles the endpoints under a domain. In this order: the name asked for by TLS, the user name, the address the
 * connection came in on, the client's address in the most specific allowed network. A name that is no endpoint's points nowhere:
 * weaker clues must not lead elsewhere. A tie between networks is no match.
 */
export function createTable(domain: string, entries: readonly Entry[]): Table {
  const names = new Set(entries.map(({ name }) => name))
  const byLocalAddress = new Map<string, string>()
  for (const { name, localAddress } of entries) {
    if (localAddress !== null) byLocalAddress.set(normalizeAddress(localAddress), name)
  }
  const byNetwork = compileNetworks(entries)
  const known = (name: string) => (names.has(name) ? name : null)
  return ({ serverName, username, localAddress, clientAddress }) => {
    const label = serverName === null ? null : labelUnder(domain, serverName)
    if (label !== null) return known(label)
    if (username !== null) return known(username)
    return byLocalAddress.get(normalizeAddress(localAddress)) ?? byNetwork(normalizeAddress(clientAddress))
  }
}

/** A level is one length of prefix: all networks of it, most specific levels first. */
interface Level {
  family: 'ipv4' | 'ipv6'
  prefix: number
  all: BlockList
  networks: { name: string; list: BlockList }[]
}

function compileNetworks(entries: readonly Entry[]): (address: string) => string | null {
  const levels = new Map<string, Level>()
  for (const { name, allowedNetworks } of entries) {
    for (const network of allowedNetworks) addNetwork(levels, name, network)
  }
  const sorted = [...levels.values()].toSorted((a, b) => b.prefix - a.prefix)
  return (address) => {
    const version = isIP(address)
    if (version === 0) return null
    const family = version === 6 ? 'ipv6' : 'ipv4'
    const level = sorted.find((candidate) => candidate.family === family && candidate.all.check(address, family))
    if (!level) return null
    const matches = new Set(level.networks.filter(({ list }) => list.check(address, family)).map(({ name }) => name))
    const [only = null] = matches
    return matches.size === 1 ? only : null
  }
}

function addNetwork(levels: Map<string, Level>, name: string, network: string): void {
  const [address = '', digits] = network.split('/')
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
