import { maxPasswordBytes, type User } from '../contract/index.ts'
import type { History } from '../history/history.ts'
import { Problem, StartError } from '../lib/problem.ts'
import { hashToken, newToken } from '../lib/vault.ts'
import type { Store } from '../store/store.ts'
import type { LoginGuard } from './login-guard.ts'
import type { Passwords } from './passwords.ts'
import type { Client, Sessions } from './sessions.ts'

interface AccountsParts {
  store: Store
  history: History
  passwords: Passwords
  guard: LoginGuard
  sessions: Sessions
}

/** Accounts signs admins in and out. */
export class Accounts {
  readonly #parts: AccountsParts

  constructor(parts: AccountsParts) {
    this.#parts = parts
  }

  /** Makes the admin on the first run. Returns the password where it had to be generated: the only time that it is known. */
  async ensureAdmin(username: string, password: string | undefined): Promise<string | null> {
    if (this.#parts.store.data.users.length > 0) return null
    const chosen = password ?? newToken()
    const hash = await this.#parts.passwords.hash(chosen)
    await this.#parts.store.change((draft) => {
      draft.users.push({ id: 1, username, password: hash, has_generated_password: password === undefined })
    })
    return password === undefined ? chosen : null
  }

  /** Returns a session id. Throws Problem `wrong_credentials` or `too_many_attempts`. */
  async login(username: string, password: string, client: Client): Promise<string> {
    const { guard, history, sessions, store } = this.#parts
    const guarded = this.#guardedKeys(username, client)
    guard.attempt(guarded)
    const user = store.data.users.find((candidate) => candidate.username === username)
    const isRight = await this.#matches(password, user)
    if (!user || !isRight) {
      history.add({ action: 'login', status: 'failure', message: `A login from ${client.address} failed.` })
      throw new Problem('wrong_credentials', 'User name or password is wrong.')
    }
    guard.succeeded(guarded)
    const sessionId = await sessions.create(user, client)
    history.add({ action: 'login', message: `${user.username} signed in from ${client.address}.` })
    return sessionId
  }

  async logout(sessionId: string, user: User): Promise<void> {
    await this.#parts.sessions.end(sessionId)
    this.#parts.history.add({ action: 'logout', message: `${user.username} signed out.` })
  }

  /** Sets a new password and ends every other session of the user. Throws Problem `wrong_credentials`. */
  async changePassword(user: User, current: string, next: string, sessionId: string): Promise<void> {
    const { history, passwords, store } = this.#parts
    const keptHash = hashToken(sessionId)
    await this.#confirm(current, user, keptHash)
    const hash = await passwords.hash(next)
    await store.change((draft) => {
      const account = draft.users.find((candidate) => candidate.id === user.id)
      if (account?.password !== user.password)
        throw new Problem('wrong_credentials', 'The password was changed just now.')
      account.password = hash
      account.has_generated_password = false
      draft.sessions = draft.sessions.filter((row) => row.user_id !== user.id || row.id_hash === keptHash)
    })
    history.add({ action: 'password', message: `${user.username} changed the password; other sessions were ended.` })
  }

  /**
   * Has who is signed in say the password again, before something that a stolen session alone must not do. Failures are counted and
   * slow further tries down. Throws Problem `wrong_credentials` or `too_many_attempts`.
   */
  async confirmPassword(user: User, password: string, sessionId: string): Promise<void> {
    await this.#confirm(password, user, hashToken(sessionId))
  }

  /** Gives the admin a new password and ends all sessions: for whoever holds the machine but forgot the password. */
  async resetPassword(): Promise<{ username: string; password: string }> {
    const { passwords, store, history } = this.#parts
    const password = newToken()
    const hash = await passwords.hash(password)
    const username = await store.change((draft) => {
      const [admin] = draft.users
      if (!admin) throw new StartError('There is no admin yet: the first start makes one.')
      admin.password = hash
      admin.has_generated_password = true
      draft.sessions = []
      return admin.username
    })
    history.add({ action: 'password', message: `The password of ${username} was reset on this machine.` })
    return { username, password }
  }

  async #confirm(password: string, user: User, sessionHash: string): Promise<void> {
    const guarded = [`session ${sessionHash}`]
    this.#parts.guard.attempt(guarded)
    if (!(await this.#matches(password, user))) throw new Problem('wrong_credentials', 'The current password is wrong.')
    this.#parts.guard.succeeded(guarded)
  }

  /** A stranger who fails on purpose must not lock the admin out: where the admin signed in before, only the address counts. */
  #guardedKeys(username: string, client: Client): string[] {
    const byAddress = `address ${client.address}`
    const isKnown = this.#parts.sessions.isKnownAddress(username, client.address)
    return isKnown ? [byAddress] : [byAddress, `user ${username.toLowerCase()}`]
  }

  /** bcrypt reads only 72 bytes: a longer password is wrong, whatever its beginning is. */
  async #matches(password: string, user: User | undefined): Promise<boolean> {
    const isWhole = Buffer.byteLength(password) <= maxPasswordBytes
    return (await this.#parts.passwords.verify(password, user?.password)) && isWhole
  }
}
