import { subdomainOf, type Endpoint } from '../contract/index.ts'
import type { Log } from '../lib/log.ts'
import { Problem } from '../lib/problem.ts'

/** Place is the number of an endpoint and what follows from it. */
export interface Place {
  number: number
  port: number
}

interface NumbersParts {
  portStart: number
  portEnd: number
  isPortFree: (port: number) => Promise<boolean>
  log: Log
}

/** Numbers finds the lowest free number for a new endpoint; port = PROXY_PORT_START + number. */
export class Numbers {
  readonly #parts: NumbersParts
  /** Ports of endpoints that are being added but not stored yet. */
  readonly #reserved = new Set<number>()

  constructor(parts: NumbersParts) {
    this.#parts = parts
  }

  /**
   * Runs `use` with a place that nobody else gets meanwhile. A port that another program holds is passed over. Throws
   * Problem `no_free_number` when the range is used up.
   */
  async withPlace<T>(endpoints: () => readonly Endpoint[], use: (place: Place) => Promise<T>): Promise<T> {
    const place = await this.#reserve(endpoints)
    try {
      return await use(place)
    } finally {
      this.#reserved.delete(place.port)
    }
  }

  /** The places that the next endpoints get, as far as no other program holds their ports. */
  listFree(endpoints: readonly Endpoint[]): Place[] {
    const { portStart, portEnd } = this.#parts
    const taken = takenPlaces(endpoints)
    const places = Array.from({ length: portEnd - portStart }, (_, index) => placeOf(index + 1, portStart))
    return places.filter((place) => !isTaken(place, taken))
  }

  async #reserve(endpoints: () => readonly Endpoint[]): Promise<Place> {
    const { portStart, portEnd, isPortFree, log } = this.#parts
    let taken = takenPlaces(endpoints())
    for (let number = 1; portStart + number <= portEnd; number++) {
      const place = placeOf(number, portStart)
      if (isTaken(place, taken) || this.#reserved.has(place.port)) continue
      this.#reserved.add(place.port)
      if (await isPortFree(place.port)) return place
      this.#reserved.delete(place.port)
      // Others may have been stored meanwhile.
      taken = takenPlaces(endpoints())
      log.warn({ port: place.port }, `another program uses this port: ${subdomainOf(place)} is passed over`)
    }
    throw new Problem(
      'no_free_number',
      `No free port is left from ${portStart + 1} to ${portEnd}. Keys or other programs hold them all. Raise PROXY_PORT_END and restart, or delete a key.`,
    )
  }
}

function placeOf(number: number, portStart: number): Place {
  return { number, port: portStart + number }
}

interface Taken {
  numbers: ReadonlySet<number>
  ports: ReadonlySet<number>
}

function takenPlaces(endpoints: readonly Endpoint[]): Taken {
  return {
    numbers: new Set(endpoints.map(({ number }) => number)),
    ports: new Set(endpoints.map(({ port }) => port)),
  }
}

function isTaken({ number, port }: Place, { numbers, ports }: Taken): boolean {
  return numbers.has(number) || ports.has(port)
}
