import { createDraft, finishDraft, freeze } from 'immer'

import type { DataFile, ProxyKey, Session, Settings, User } from '../contract/index.ts'
import { Problem } from '../lib/problem.ts'
import { mergeChanges, Rows, RowsDraft, type RowChange } from './rows.ts'

/** ChangeSet is what one change, or several that were written together, did. Rows that are not in it are the same objects. */
export interface ChangeSet {
  /** Counts the changes since the start; each is told once, in order. */
  readonly version: number
  readonly keys: readonly RowChange<ProxyKey>[]
  readonly users: readonly RowChange<User>[]
  readonly sessions: readonly RowChange<Session>[]
  readonly settings: { readonly before: Settings; readonly after: Settings } | null
}

/** StoreDraft is what a recipe alters. Nothing else may change by it, and it may be run again: then it must do the same. */
export interface StoreDraft {
  readonly keys: RowsDraft<ProxyKey, number>
  readonly users: RowsDraft<User, number>
  readonly sessions: RowsDraft<Session, string>
  readonly settings: Settings
  /** An id for a new key, which no key ever had. */
  takeKeyId(): number
}

/** Recipe alters a draft of the data. It is synchronous; when it throws, nothing has changed. */
export type Recipe<T> = (draft: StoreDraft) => T

/** Changes are what one recipe did. */
export type Changes = Omit<ChangeSet, 'version'> & { readonly nextKeyId: number }

/** State is all data at one moment, frozen. */
export class State {
  readonly keys: Rows<ProxyKey, number>
  readonly users: Rows<User, number>
  readonly sessions: Rows<Session, string>
  /** The same as the file has it. */
  readonly data: DataFile

  private constructor(data: DataFile, rows: Pick<State, 'keys' | 'users' | 'sessions'>) {
    this.data = data
    this.keys = rows.keys
    this.users = rows.users
    this.sessions = rows.sessions
  }

  static of(data: DataFile): State {
    freeze(data, true)
    return new State(data, {
      keys: new Rows(data.proxy_keys, ({ id }) => id),
      users: new Rows(data.users, ({ id }) => id),
      sessions: new Rows(data.sessions, ({ id_hash }) => id_hash),
    })
  }

  /** Runs a recipe; throws what it throws. */
  try<T>(recipe: Recipe<T>): { changes: Changes; result: T } {
    const { settings, next_proxy_id } = this.data
    const draft = new Draft(this)
    const result = recipe(draft)
    const after = draft.finishSettings()
    return {
      result,
      changes: {
        keys: draft.keys.finish(),
        users: draft.users.finish(),
        sessions: draft.sessions.finish(),
        settings: after === settings ? null : { before: settings, after },
        nextKeyId: next_proxy_id + draft.takenIds,
      },
    }
  }

  /** One set of changes for two, of which the second followed the first. */
  merge(first: Changes, second: Changes): Changes {
    const before = (first.settings ?? second.settings)?.before
    const after = (second.settings ?? first.settings)?.after
    return {
      keys: mergeChanges(first.keys, second.keys, this.keys.idOf),
      users: mergeChanges(first.users, second.users, this.users.idOf),
      sessions: mergeChanges(first.sessions, second.sessions, this.sessions.idOf),
      settings: before === undefined || after === undefined ? null : { before, after },
      nextKeyId: second.nextKeyId,
    }
  }

  /** The data after these changes; itself where nothing changed. */
  apply({ keys, users, sessions, settings, nextKeyId }: Changes): State {
    const isSame = settings === null && nextKeyId === this.data.next_proxy_id
    if (isSame && keys.length + users.length + sessions.length === 0) return this
    const rows = {
      keys: this.keys.apply(keys),
      users: this.users.apply(users),
      sessions: this.sessions.apply(sessions),
    }
    const data = {
      ...this.data,
      next_proxy_id: nextKeyId,
      settings: settings?.after ?? this.data.settings,
      users: rows.users.list as User[],
      sessions: rows.sessions.list as Session[],
      proxy_keys: rows.keys.list as ProxyKey[],
    }
    return new State(data, rows)
  }
}

class Draft implements StoreDraft {
  readonly keys: RowsDraft<ProxyKey, number>
  readonly users: RowsDraft<User, number>
  readonly sessions: RowsDraft<Session, string>
  takenIds = 0
  readonly #state: State
  #settings: Settings | null = null

  constructor(state: State) {
    this.#state = state
    this.keys = new RowsDraft(state.keys, {
      plural: 'keys',
      notFound: keyNotFound,
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

  takeKeyId(): number {
    return this.#state.data.next_proxy_id + this.takenIds++
  }

  finishSettings(): Settings {
    return this.#settings === null ? this.#state.data.settings : finishDraft(this.#settings)
  }
}

export function keyNotFound(id: number): Problem {
  return new Problem('not_found', `There is no proxy with the id ${id}.`)
}
