import type { Session, User } from '../contract/index.ts'
import { toMs, toTimestamp, type Clock } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import { hashToken, newToken } from '../lib/vault.ts'
import type { Store } from '../store/store.ts'

/** A session ends when it was not used for so long. */
export const sessionLifeMs = 30 * 24 * 60 * 60_000
/** Use is noted at most this often: it is not worth a write each time. */
const noteEveryMs = 60 * 60_000
const maxSessionsPerUser = 100

interface SessionsParts {
  store: Store
  clock: Clock
}

/** Client is who signs in: shown in the list of sessions. */
export interface Client {
  address: string
  userAgent: string
}

/** Sessions are signed-in admins. Only hashes of their ids are stored, so the data file lets nobody in. */
export class Sessions {
  readonly #store: Store
  readonly #clock: Clock

  constructor({ store, clock }: SessionsParts) {
    this.#store = store
    this.#clock = clock
  }

  /**
   * Returns the session id, the only time that it is known. Throws Problem `wrong_credentials` when the user's password was
   * changed since it was checked.
   */
  async create(user: User, client: Client): Promise<string> {
    const sessionId = newToken() + newToken()
    const now = toTimestamp(this.#clock.now())
    await this.#store.change((draft) => {
      const { password } = draft.users.find((row) => row.id === user.id) ?? {}
      if (password !== user.password) throw new Problem('wrong_credentials', 'The password was changed just now.')
      const others = draft.sessions.filter((row) => !this.#isOver(row))
      const ownOldest = others.filter((row) => row.user_id === user.id).slice(0, -(maxSessionsPerUser - 1))
      draft.sessions = others.filter((row) => !ownOldest.includes(row))
      draft.sessions.push({
        id_hash: hashToken(sessionId),
        user_id: user.id,
        created_at: now,
        last_used_at: now,
        address: client.address,
        user_agent: client.userAgent.slice(0, 300),
      })
    })
    return sessionId
  }

  /** The user of a session that is still good; notes its use. */
  find(sessionId: string): User | undefined {
    const idHash = hashToken(sessionId)
    const row = this.#store.data.sessions.find((candidate) => candidate.id_hash === idHash)
    if (!row || this.#isOver(row)) return undefined
    if (this.#clock.now() - toMs(row.last_used_at) > noteEveryMs) void this.#noteUse(idHash)
    return this.#store.data.users.find((user) => user.id === row.user_id)
  }

  /** Whether the user has a living session that was begun from this address. */
  isKnownAddress(username: string, address: string): boolean {
    const user = this.#store.data.users.find((row) => row.username === username)
    return this.#store.data.sessions.some(
      (row) => row.user_id === user?.id && row.address === address && !this.#isOver(row),
    )
  }

  async end(sessionId: string): Promise<void> {
    const idHash = hashToken(sessionId)
    await this.#store.change((draft) => {
      draft.sessions = draft.sessions.filter((row) => row.id_hash !== idHash)
    })
  }

  #isOver(row: Session): boolean {
    return this.#clock.now() - toMs(row.last_used_at) >= sessionLifeMs
  }

  async #noteUse(idHash: string): Promise<void> {
    const now = toTimestamp(this.#clock.now())
    await this.#store.record((draft) => {
      const row = draft.sessions.find((candidate) => candidate.id_hash === idHash)
      if (row) row.last_used_at = now
    })
  }
}
