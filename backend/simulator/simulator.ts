import { createServer } from 'node:http'
import type { Server } from 'node:net'

import { Leases, type Lease, type Plan, type SimulatedKey } from './leases.ts'
import { listen, Network } from './network.ts'
import { createOrigin } from './origin.ts'
import { createProviderApi, type ApiFault, type Call, type Verb } from './provider-api.ts'

export interface SimulatorOptions {
  /** Milliseconds since the epoch; hand in a manual clock to turn time by hand. */
  now?: () => number
  /** How far the provider's clock is off, in milliseconds. */
  clockSkewMs?: number
  plan?: Partial<Plan>
  acceptAnyKey?: boolean
  host?: string
}

/** FaultScope narrows a fault to one key, one verb, or both. */
export interface FaultScope {
  key?: string
  verb?: Verb
}

/** Simulator is a KiotProxy with exits and an origin, all on loopback, whose bad days are made by hand. */
export interface Simulator {
  /** What KIOTPROXY_API_BASE is set to. */
  apiBase: string
  /** The origin, for clients that go through an exit: names under .test lead there. */
  originUrl: string
  /** Every request that the API got, in order. */
  calls: Call[]
  addKey(key: string, plan?: Partial<Plan>): SimulatedKey
  /** Throws for a key that was not added. */
  getKey(key: string): SimulatedKey
  /** Throws when the key holds no living lease. */
  getLease(key: string): Lease
  /** Gives the key a new exit behind everybody's back. */
  renew(key: string): Promise<Lease>
  /** Sets or, with null, ends a fault. */
  setFault(fault: ApiFault | null, scope?: FaultScope): void
  stop(): Promise<void>
}

const defaultPlan: Plan = { ttlSeconds: 1200, cooldownSeconds: 60 }

export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { now = Date.now, clockSkewMs = 0, plan = {}, acceptAnyKey = false, host = '127.0.0.1' } = options
  const providerNow = () => now() + clockSkewMs
  const network = new Network()
  const leases = new Leases({ network, now: providerNow, plan: { ...defaultPlan, ...plan }, acceptAnyKey })
  const faults: { fault: ApiFault; scope: FaultScope }[] = []
  const calls: Call[] = []
  const findFault = (call: Call) =>
    faults.find(({ scope }) => (scope.key ?? call.key) === call.key && (scope.verb ?? call.verb) === call.verb)
      ?.fault ?? null
  const handle = createProviderApi({ leases, now: providerNow, findFault, onCall: (call) => void calls.push(call) })
  const api = createServer((request, response) => void handle(request, response))
  const origin = createOrigin(network)
  network.originPort = await listen(origin, host)
  const apiPort = await listen(api, host)

  function getKey(key: string): SimulatedKey {
    const found = leases.find(key)
    if (!found) throw new Error(`the simulator has no key ${key}`)
    return found
  }

  return {
    apiBase: `http://${host}:${apiPort}/api/v1`,
    originUrl: 'http://ip.test/',
    calls,
    addKey: (key, keyPlan) => leases.add(key, keyPlan),
    getKey,
    getLease(key) {
      const lease = leases.living(getKey(key))
      if (!lease) throw new Error(`key ${key} holds no lease`)
      return lease
    },
    renew: (key) => leases.renew(getKey(key), 'random'),
    setFault(fault, scope = {}) {
      const index = faults.findIndex((entry) => entry.scope.key === scope.key && entry.scope.verb === scope.verb)
      if (index !== -1) faults.splice(index, 1)
      if (fault !== null) faults.unshift({ fault, scope })
    },
    async stop() {
      leases.stop()
      await Promise.all([close(api), close(origin)])
    },
  }
}

function close(server: Server & { closeAllConnections?: () => void }): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections?.()
  })
}
