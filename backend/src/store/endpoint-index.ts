import type { Endpoint } from '../contract/index.ts'
import type { RowChange, Rows } from './rows.ts'

/**
 * EndpointIndex tells which endpoint a key is in, without a look at all of them. One serves all states that follow from each other,
 * also those that did not come about, so what it says is compared with the endpoint that is there.
 */
export class EndpointIndex {
  readonly #endpointIds = new Map<number, number>()

  constructor(endpoints: readonly Endpoint[]) {
    for (const endpoint of endpoints) this.#note(endpoint)
  }

  find(keyId: number, endpoints: Rows<Endpoint, number>): Endpoint | undefined {
    const isHolder = ({ key_ids }: Endpoint) => key_ids.includes(keyId)
    const id = this.#endpointIds.get(keyId)
    const endpoint = id === undefined ? undefined : endpoints.find(id)
    if (endpoint !== undefined && isHolder(endpoint)) return endpoint
    const found = endpoints.list.find(isHolder)
    if (found !== undefined) this.#note(found)
    return found
  }

  follow({ before, after }: RowChange<Endpoint>): void {
    for (const keyId of before?.key_ids ?? []) {
      if (this.#endpointIds.get(keyId) === before?.id) this.#endpointIds.delete(keyId)
    }
    if (after !== null) this.#note(after)
  }

  #note({ id, key_ids }: Endpoint): void {
    for (const keyId of key_ids) this.#endpointIds.set(keyId, id)
  }
}
