import type { Session, SessionView, User } from '../contract/index.ts'
import { toMs, toTimestamp, type Clock } from '../lib/clock.ts'
import { addressGroup } from '../lib/ip.ts'
import { Problem } from '../lib/problem.ts'
import { hashToken, newToken } from '../lib/vault.ts'
import type { Store } from '../store/store.ts'

const dayMs = 24 * 60 * 60_000
/** A session ends when it was not used for so long. */
const maxUnusedMs = 30 * dayMs
/** A session ends then, whatever happens. */
const maxSessionMs = 90 * dayMs
/** Use is noted at most this often: it is not worth a write each time. */
const noteEveryMs = 60 * 60_000
const maxSessionsPerUser = 100

interface SessionsParts {
  store: Store
  clock: Clock
}

/** SignedInFrom is where somebody signs in: shown in the list of sessions. */
export interface SignedInFrom {
  address: string
  userAgent: string
}

/** Sessions are signed-in admins. Only hashes of their ids are stored, so the data file lets nobody in. */
export class Sessions {
  readonly #store: Store
  readonly #clock: Clock
  /** Exact times of use since the start, by hash; the file has them roughly. */
  readonly #usedAt = new Map<string, number>()

  constructor({ store, clock }: SessionsParts) {
    this.#store = store
    this.#clock = clock
  }

  /**
   * Returns the session id, the only time that it is known. Throws Problem `wrong_credentials` when the user's password was
   * changed since it was checked.
   */
  async create(user: User, from: SignedInFrom): Promise<string> {
    const sessionId = newToken() + newToken()
    const now = toTimestamp(this.#clock.now())
    await this.#store.change((draft) => {
      const { password } = draft.users.find(user.id) ?? {}
      if (password !== user.password) throw new Problem('wrong_credentials', 'The password was changed just now.')
      for (const { id_hash } of draft.sessions.where((row) => this.#isOver(row))) draft.sessions.remove(id_hash)
      const own = draft.sessions.where((row) => row.user_id === user.id)
      for (const { id_hash } of own.slice(0, -(maxSessionsPerUser - 1))) draft.sessions.remove(id_hash)
      draft.sessions.add({
        id_hash: hashToken(sessionId),
        user_id: user.id,
        created_at: now,
        last_used_at: now,
        address: from.address,
        user_agent: from.userAgent.slice(0, 300),
      })
    })
    return sessionId
  }

  /** The user of a session that is still good; notes its use. */
  find(sessionId: string): User | undefined {
    const idHash = hashToken(sessionId)
    const row = this.#store.data.sessions.find((candidate) => candidate.id_hash === idHash)
    if (!row || this.#isOver(row)) return undefined
    this.#usedAt.set(idHash, this.#clock.now())
    if (this.#clock.now() - toMs(row.last_used_at) > noteEveryMs) void this.#noteUse(idHash)
    return this.#store.data.users.find((user) => user.id === row.user_id)
  }

  /** Whether the user has a living session that was begun from this group of addresses. */
  isKnownGroup(user: User | undefined, group: string): boolean {
    return this.#store.data.sessions.some(
      (row) => row.user_id === user?.id && addressGroup(row.address) === group && !this.#isOver(row),
    )
  }

  /** The living sessions of a user, last used first; `sessionId` is the one that asks. */
  list(user: User, sessionId: string): SessionView[] {
    const own = hashToken(sessionId)
    const rows = this.#store.data.sessions.filter((row) => row.user_id === user.id && !this.#isOver(row))
    return rows
      .map((row) => ({
        id: publicId(row.id_hash),
        address: row.address,
        user_agent: row.user_agent,
        created_at: row.created_at,
        last_used_at: toTimestamp(this.#usedAt.get(row.id_hash) ?? toMs(row.last_used_at)),
        is_current: row.id_hash === own,
      }))
      .toSorted((a, b) => Number(b.is_current) - Number(a.is_current) || b.last_used_at.localeCompare(a.last_used_at))
  }

  /** Ends a session of a user by the id that `list` gives it. Throws Problem `not_found`. */
  async revoke(user: User, id: string): Promise<void> {
    const row = this.#store.data.sessions.find(
      (candidate) => candidate.user_id === user.id && publicId(candidate.id_hash) === id,
    )
    if (!row) throw new Problem('not_found', 'There is no such session; it may have ended already.')
    await this.#drop(row.id_hash)
  }

  async end(sessionId: string): Promise<void> {
    await this.#drop(hashToken(sessionId))
  }

  async #drop(idHash: string): Promise<void> {
    this.#usedAt.delete(idHash)
    await this.#store.change((draft) => {
      if (draft.sessions.find(idHash)) draft.sessions.remove(idHash)
    })
  }

  #isOver(row: Session): boolean {
    const now = this.#clock.now()
    return now - toMs(row.last_used_at) >= maxUnusedMs || now - toMs(row.created_at) >= maxSessionMs
  }

  async #noteUse(idHash: string): Promise<void> {
    const now = toTimestamp(this.#clock.now())
    await this.#store.record((draft) => {
      const row = draft.sessions.find(idHash)
      if (row) row.last_used_at = now
    })
  }
}

/** publicIdOf names the session with this id and lets nobody in. */
export function publicIdOf(sessionId: string): string {
  return publicId(hashToken(sessionId))
}

/** A part of the hash. */
function publicId(idHash: string): string {
  return idHash.slice(0, 16)
}
