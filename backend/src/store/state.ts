import { createDraft, finishDraft, freeze } from 'immer'

import type { DataFile, Endpoint, JoinedProxy, ProxyKey, Session, Settings, User } from '../contract/index.ts'
import { Problem } from '../lib/problem.ts'
import { EndpointIndex } from './endpoint-index.ts'
import { join } from './joined.ts'
import { mergeChanges, Rows, RowsDraft, type RowChange } from './rows.ts'

/** ChangeSet is what one change, or several that were written together, did. Rows that are not in it are the same objects. */
export interface ChangeSet {
  /** Counts the changes since the start; each is told once, in order. */
  readonly version: number
  readonly keys: readonly RowChange<ProxyKey>[]
  readonly endpoints: readonly RowChange<Endpoint>[]
  readonly users: readonly RowChange<User>[]
  readonly sessions: readonly RowChange<Session>[]
  readonly settings: { readonly before: Settings; readonly after: Settings } | null
}

/** StoreDraft is what a recipe alters. Nothing else may change by it, and it may be run again: then it must do the same. */
export interface StoreDraft {
  readonly keys: RowsDraft<ProxyKey, number>
  readonly endpoints: RowsDraft<Endpoint, number>
  readonly users: RowsDraft<User, number>
  readonly sessions: RowsDraft<Session, string>
  readonly settings: Settings
  /** The endpoint of a key that was there before. Throws Problem `not_found`. */
  endpointOf(keyId: number): Endpoint
  /** An id for a new key, which no key ever had. */
  takeKeyId(): number
  /** The same for a new endpoint. */
  takeEndpointId(): number
}

/** Recipe alters a draft of the data. It is synchronous; when it throws, nothing has changed. */
export type Recipe<T> = (draft: StoreDraft) => T

/** Changes are what one recipe did. */
export type Changes = Omit<ChangeSet, 'version'> & { readonly nextKeyId: number; readonly nextEndpointId: number }

type AllRows = Pick<State, 'keys' | 'endpoints' | 'users' | 'sessions'>

/** State is all data at one moment, frozen. */
export class State {
  readonly keys: Rows<ProxyKey, number>
  readonly endpoints: Rows<Endpoint, number>
  readonly users: Rows<User, number>
  readonly sessions: Rows<Session, string>
  /** The same as the file has it. */
  readonly data: DataFile
  /** How many keys the endpoints name, each as often as it is named. */
  readonly namedKeys: number
  readonly #index: EndpointIndex
  #proxies: readonly JoinedProxy[] | null = null

  private constructor(data: DataFile, rows: AllRows, index: EndpointIndex, namedKeys: number) {
    this.data = data
    this.keys = rows.keys
    this.endpoints = rows.endpoints
    this.users = rows.users
    this.sessions = rows.sessions
    this.#index = index
    this.namedKeys = namedKeys
  }

  static of(data: DataFile): State {
    freeze(data, true)
    const { proxy_keys, endpoints, users, sessions } = data
    const rows = {
      keys: new Rows(proxy_keys, ({ id }) => id),
      endpoints: new Rows(endpoints, ({ id }) => id),
      users: new Rows(users, ({ id }) => id),
      sessions: new Rows(sessions, ({ id_hash }) => id_hash),
    }
    return new State(data, rows, new EndpointIndex(endpoints), sumOf(endpoints, countKeys))
  }

  /** The endpoint of a key; undefined where there is no such key. */
  endpointOf(keyId: number): Endpoint | undefined {
    return this.keys.find(keyId) && this.#index.find(keyId, this.endpoints)
  }

  /** A key with its endpoint; undefined where there is no such key. */
  findProxy(keyId: number): JoinedProxy | undefined {
    const key = this.keys.find(keyId)
    const endpoint = this.endpointOf(keyId)
    return key && endpoint && join(key, endpoint)
  }

  /** Every key with its endpoint, in the order of the keys. */
  get proxies(): readonly JoinedProxy[] {
    this.#proxies ??= this.keys.list.flatMap(({ id }) => this.findProxy(id) ?? [])
    return this.#proxies
  }

  /** Runs a recipe; throws what it throws. */
  try<T>(recipe: Recipe<T>): { changes: Changes; result: T } {
    const { settings, next_proxy_id, next_endpoint_id } = this.data
    const draft = new Draft(this)
    const result = recipe(draft)
    const after = draft.finishSettings()
    return {
      result,
      changes: {
        keys: draft.keys.finish(),
        endpoints: draft.endpoints.finish(),
        users: draft.users.finish(),
        sessions: draft.sessions.finish(),
        settings: after === settings ? null : { before: settings, after },
        nextKeyId: next_proxy_id + draft.takenKeyIds,
        nextEndpointId: next_endpoint_id + draft.takenEndpointIds,
      },
    }
  }

  /** One set of changes for two, of which the second followed the first. */
  merge(first: Changes, second: Changes): Changes {
    const before = (first.settings ?? second.settings)?.before
    const after = (second.settings ?? first.settings)?.after
    return {
      keys: mergeChanges(first.keys, second.keys, this.keys.idOf),
      endpoints: mergeChanges(first.endpoints, second.endpoints, this.endpoints.idOf),
      users: mergeChanges(first.users, second.users, this.users.idOf),
      sessions: mergeChanges(first.sessions, second.sessions, this.sessions.idOf),
      settings: before === undefined || after === undefined ? null : { before, after },
      nextKeyId: second.nextKeyId,
      nextEndpointId: second.nextEndpointId,
    }
  }

  /** The data after these changes; itself where nothing changed. */
  apply(changes: Changes): State {
    if (this.#isSame(changes)) return this
    const { keys, endpoints, users, sessions, settings, nextKeyId, nextEndpointId } = changes
    const rows = {
      keys: this.keys.apply(keys),
      endpoints: this.endpoints.apply(endpoints),
      users: this.users.apply(users),
      sessions: this.sessions.apply(sessions),
    }
    const data = {
      ...this.data,
      next_proxy_id: nextKeyId,
      next_endpoint_id: nextEndpointId,
      settings: settings?.after ?? this.data.settings,
      users: rows.users.list as User[],
      sessions: rows.sessions.list as Session[],
      proxy_keys: rows.keys.list as ProxyKey[],
      endpoints: rows.endpoints.list as Endpoint[],
    }
    for (const change of endpoints) this.#index.follow(change)
    const more = sumOf(endpoints, ({ before, after }) => countKeys(after) - countKeys(before))
    return new State(data, rows, this.#index, this.namedKeys + more)
  }

  #isSame({ keys, endpoints, users, sessions, settings, nextKeyId, nextEndpointId }: Changes): boolean {
    const { next_proxy_id, next_endpoint_id } = this.data
    if (settings !== null || nextKeyId !== next_proxy_id || nextEndpointId !== next_endpoint_id) return false
    return [keys, endpoints, users, sessions].every(({ length }) => length === 0)
  }
}

function countKeys(endpoint: Endpoint | null): number {
  return endpoint === null ? 0 : endpoint.key_ids.length
}

function sumOf<T>(list: readonly T[], count: (entry: T) => number): number {
  return list.reduce((sum, entry) => sum + count(entry), 0)
}

class Draft implements StoreDraft {
  readonly keys: RowsDraft<ProxyKey, number>
  readonly endpoints: RowsDraft<Endpoint, number>
  readonly users: RowsDraft<User, number>
  readonly sessions: RowsDraft<Session, string>
  takenKeyIds = 0
  takenEndpointIds = 0
  readonly #state: State
  #settings: Settings | null = null

  constructor(state: State) {
    this.#state = state
    this.keys = new RowsDraft(state.keys, {
      plural: 'keys',
      notFound: keyNotFound,
    })
    this.endpoints = new RowsDraft(state.endpoints, {
      plural: 'endpoints',
      notFound: endpointNotFound,
    })
    this.users = new RowsDraft(state.users, {
      plural: 'users',
      notFound: () => new Problem('not_found', 'There is no such account.'),
    })
    this.sessions = new RowsDraft(state.sessions, {
      plural: 'sessions',
      notFound: () => new Problem('not_found', 'There is no such session; it may have ended already.'),
    })
  }

  get settings(): Settings {
    this.#settings ??= createDraft(this.#state.data.settings)
    return this.#settings
  }

  endpointOf(keyId: number): Endpoint {
    const endpoint = this.#state.endpointOf(keyId)
    if (endpoint === undefined) throw keyNotFound(keyId)
    return this.endpoints.get(endpoint.id)
  }

  takeKeyId(): number {
    return this.#state.data.next_proxy_id + this.takenKeyIds++
  }

  takeEndpointId(): number {
    return this.#state.data.next_endpoint_id + this.takenEndpointIds++
  }

  finishSettings(): Settings {
    return this.#settings === null ? this.#state.data.settings : finishDraft(this.#settings)
  }
}

export function keyNotFound(id: number): Problem {
  return new Problem('not_found', `There is no proxy with the id ${id}.`)
}

export function endpointNotFound(id: number): Problem {
  return new Problem('not_found', `There is no endpoint with the id ${id}.`)
}
