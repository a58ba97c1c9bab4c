import type { ProxyKey } from '../contract/index.ts'
import type { Log } from '../lib/log.ts'
import { Problem } from '../lib/problem.ts'

/** Place is the number of a key and what follows from it. */
export interface Place {
  subdomain: string
  port: number
}

interface NumbersParts {
  portStart: number
  portEnd: number
  isPortFree: (port: number) => Promise<boolean>
  log: Log
}

/** Numbers finds the lowest free number for a new key; port = PROXY_PORT_START + number. */
export class Numbers {
  readonly #parts: NumbersParts
  /** Ports of keys that are being added but not stored yet. */
  readonly #reserved = new Set<number>()

  constructor(parts: NumbersParts) {
    this.#parts = parts
  }

  /**
   * Runs `use` with a place that nobody else gets meanwhile. A port that another program holds is passed over. Throws
   * Problem `no_free_number` when the range is used up.
   */
  async withPlace<T>(keys: () => readonly ProxyKey[], use: (place: Place) => Promise<T>): Promise<T> {
    const place = await this.#reserve(keys)
    try {
      return await use(place)
    } finally {
      this.#reserved.delete(place.port)
    }
  }

  /** The places that the next keys get, as far as no other program holds their ports. */
  listFree(keys: readonly ProxyKey[]): Place[] {
    const { portStart, portEnd } = this.#parts
    const taken = takenPlaces(keys)
    const places = Array.from({ length: portEnd - portStart }, (_, index) => placeOf(index + 1, portStart))
    return places.filter(({ port, subdomain }) => !taken.has(port) && !taken.has(subdomain))
  }

  async #reserve(keys: () => readonly ProxyKey[]): Promise<Place> {
    const { portStart, portEnd, isPortFree, log } = this.#parts
    let taken = takenPlaces(keys())
    for (let number = 1; portStart + number <= portEnd; number++) {
      const place = placeOf(number, portStart)
      if (taken.has(place.port) || taken.has(place.subdomain) || this.#reserved.has(place.port)) continue
      this.#reserved.add(place.port)
      if (await isPortFree(place.port)) return place
      this.#reserved.delete(place.port)
      // Others may have been stored meanwhile.
      taken = takenPlaces(keys())
      log.warn({ port: place.port }, `another program uses this port: ${place.subdomain} is passed over`)
    }
    throw new Problem(
      'no_free_number',
      `No free port is left from ${portStart + 1} to ${portEnd}. Keys or other programs hold them all. Raise PROXY_PORT_END and restart, or delete a key.`,
    )
  }
}

function placeOf(number: number, portStart: number): Place {
  return { subdomain: `proxy${number}`, port: portStart + number }
}

function takenPlaces(keys: readonly ProxyKey[]): Set<number | string> {
  return new Set(keys.flatMap((key) => [key.port, key.subdomain]))
}
