import { Exit } from './exit.ts'
import type { Network } from './network.ts'

const locations: Record<string, string[]> = {
  bac: ['Hà Nội', 'Hải Phòng', 'Bắc Ninh'],
  trung: ['Đà Nẵng', 'Thừa Thiên Huế', 'Nghệ An'],
  nam: ['Hồ Chí Minh', 'Bình Thuận', 'Cần Thơ'],
}

/** Plan is what a key's owner has bought. */
export interface Plan {
  ttlSeconds: number
  cooldownSeconds: number
}

export interface SimulatedKey extends Plan {
  key: string
  state: 'good' | 'unknown' | 'expired'
  nextRequestAt: number
  lease: Lease | null
}

/** Lease is one upstream, lent to a key until it ends. */
export interface Lease {
  id: number
  exit: Exit
  location: string
  expiresAt: number
}

interface LeasesParts {
  network: Network
  now: () => number
  plan: Plan
  /** Whether a key that was never added is good all the same, if it looks like one. */
  acceptAnyKey: boolean
}

/** Leases are the keys of the simulated provider and the exits that it lends them. */
export class Leases {
  readonly #parts: LeasesParts
  readonly #keys = new Map<string, SimulatedKey>()
  readonly #exits = new Set<Exit>()
  #count = 0

  constructor(parts: LeasesParts) {
    this.#parts = parts
  }

  add(key: string, plan: Partial<Plan> = {}): SimulatedKey {
    const added: SimulatedKey = { key, state: 'good', nextRequestAt: 0, lease: null, ...this.#parts.plan, ...plan }
    this.#keys.set(key, added)
    return added
  }

  find(key: string): SimulatedKey | undefined {
    const known = this.#keys.get(key)
    if (known || !this.#parts.acceptAnyKey || !/^K[0-9A-Fa-f]{16,64}$/.test(key)) return known
    return this.add(key)
  }

  living(key: SimulatedKey): Lease | null {
    return key.lease !== null && key.lease.expiresAt > this.#parts.now() ? key.lease : null
  }

  /** Gives the key a new exit. The old one lives on until its own end, as real ones do. */
  async renew(key: SimulatedKey, region: string): Promise<Lease> {
    const { network, now } = this.#parts
    const id = ++this.#count
    const lease = { id, location: pickLocation(region, id), expiresAt: now() + key.ttlSeconds * 1000 }
    const exit = new Exit(exitAddress(id), network, () => lease.expiresAt > now())
    await exit.start()
    this.#exits.add(exit)
    key.nextRequestAt = now() + key.cooldownSeconds * 1000
    return (key.lease = Object.assign(lease, { exit }))
  }

  end(key: SimulatedKey): void {
    if (key.lease) key.lease.expiresAt = 0
    key.lease = null
  }

  stop(): void {
    for (const exit of this.#exits) exit.kill()
  }
}

/** 127.20.0.1, 127.20.0.2, ...: every address of 127.0.0.0/8 is this machine. */
function exitAddress(id: number): string {
  return `127.${20 + (id >> 16)}.${(id >> 8) & 255}.${id & 255}`
}

function pickLocation(region: string, id: number): string {
  const names = locations[region] ?? Object.values(locations).flat()
  return names[id % names.length] ?? 'Hà Nội'
}
