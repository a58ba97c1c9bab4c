import { opaqueString, systemActor, type Actor, type User } from '../contract/index.ts'
import type { Bus } from '../happenings/bus.ts'
import { addressGroup } from '../lib/ip.ts'
import { Problem, StartError } from '../lib/problem.ts'
import { hashToken, newToken } from '../lib/vault.ts'
import type { Store } from '../store/store.ts'
import { isCommonPassword } from './common-password.ts'
import type { Devices } from './devices.ts'
import type { GuardKey, LoginGuard } from './login-guard.ts'
import type { Applicant, Passwords } from './passwords.ts'
import type { Sessions, SignedInFrom } from './sessions.ts'

interface AccountsParts {
  store: Store
  bus: Bus
  passwords: Passwords
  guard: LoginGuard
  sessions: Sessions
  devices: Devices
}

/** Visitor is who wants to sign in. */
export interface Visitor extends SignedInFrom {
  /** What the cookie of a known browser says. */
  deviceId: string | undefined
  /** Programs are no devices: they keep no cookie, and would take the places of browsers. */
  isBrowser: boolean
  /** Says that he has gone. */
  signal: AbortSignal
}

/** SignedIn is what a login gives; `deviceId` is for browsers only. */
export interface SignedIn {
  sessionId: string
  deviceId: string | null
}

/** PasswordChange is what the user of a session asks for. */
export interface PasswordChange {
  current: string
  next: string
  sessionId: string
  deviceId: string | undefined
  signal: AbortSignal
}

const commonPassword =
  'is among the first that a guesser tries: take another, for example four words that have nothing to do with each other'

const stranger = { kind: 'client', id: null, name: null } as const

/** Accounts signs admins in and out. */
export class Accounts {
  readonly #parts: AccountsParts

  constructor(parts: AccountsParts) {
    this.#parts = parts
  }

  /** Makes the admin on the first run. Returns the password where it had to be generated: the only time that it is known. */
  async ensureAdmin(username: string, password: string | undefined): Promise<string | null> {
    if (this.#parts.store.data.users.length > 0) return null
    if (password !== undefined && isCommonPassword(password, username)) {
      throw new StartError(`The environment is not valid:\n  ADMIN_PASSWORD=(not shown) ${commonPassword}`)
    }
    const chosen = password ?? newToken()
    const hash = await this.#parts.passwords.hash(chosen)
    await this.#parts.store.change((draft) => {
      draft.users.add({
        id: 1,
        username,
        password: hash,
        has_generated_password: password === undefined,
        devices: [],
      })
    })
    return password === undefined ? chosen : null
  }

  /** Throws Problem `wrong_credentials` or `too_many_attempts`. */
  async login(username: string, password: string, visitor: Visitor): Promise<SignedIn> {
    const { bus, devices, guard, sessions, store } = this.#parts
    const name = opaqueString(username)
    const user = store.data.users.find((candidate) => opaqueString(candidate.username) === name)
    const { guarded, applicant } = this.#judge(user, name, visitor)
    const isRight = await this.#verify(password, user, applicant, guarded)
    if (!user || !isRight) {
      bus.tell({ kind: 'sign_in_failed', facts: {}, by: { ...stranger, address: visitor.address } })
      throw new Problem('wrong_credentials', 'User name or password is wrong.')
    }
    guard.succeeded(guarded)
    const sessionId = await sessions.create(user, visitor)
    const deviceId = visitor.isBrowser ? await devices.remember(user, visitor.deviceId) : null
    const by: Actor = { kind: 'admin', id: user.id, name: user.username, address: visitor.address }
    bus.tell({ kind: 'signed_in', facts: {}, by })
    return { sessionId, deviceId }
  }

  async logout(sessionId: string, by: Actor): Promise<void> {
    await this.#parts.sessions.end(sessionId)
    this.#parts.bus.tell({ kind: 'signed_out', facts: {}, by })
  }

  /**
   * Sets a new password, ends every other session of the user and forgets his other devices. Throws Problem `wrong_credentials`,
   * `common_password` or `too_many_attempts`.
   */
  async changePassword(user: User, change: PasswordChange, by: Actor): Promise<void> {
    const { bus, passwords, store } = this.#parts
    const { current, next, sessionId, deviceId, signal } = change
    if (isCommonPassword(next, user.username)) {
      const fields = [{ path: 'new_password', message: commonPassword }]
      throw new Problem('common_password', `new_password ${commonPassword}.`, { fields })
    }
    const keptHash = hashToken(sessionId)
    await this.#confirm(current, user, keptHash, signal)
    const hash = await passwords.hash(next)
    const keptDevice = deviceId === undefined ? null : hashToken(deviceId)
    await store.change((draft) => {
      const account = draft.users.find(user.id)
      if (account?.password !== user.password)
        throw new Problem('wrong_credentials', 'The password was changed just now.')
      account.password = hash
      account.has_generated_password = false
      account.devices = account.devices.filter((row) => row.id_hash === keptDevice)
      const others = draft.sessions.where((row) => row.user_id === user.id && row.id_hash !== keptHash)
      for (const { id_hash } of others) draft.sessions.remove(id_hash)
    })
    bus.tell({ kind: 'password_changed', facts: {}, by })
  }

  /**
   * Has who is signed in say the password again, before something that a stolen session alone must not do. Failures are counted and
   * slow further tries down. Throws Problem `wrong_credentials` or `too_many_attempts`.
   */
  async confirmPassword(user: User, password: string, sessionId: string, signal: AbortSignal): Promise<void> {
    await this.#confirm(password, user, hashToken(sessionId), signal)
  }

  /** Gives the admin a new password and ends all sessions: for whoever holds the machine but forgot the password. */
  async resetPassword(): Promise<{ username: string; password: string }> {
    const { passwords, store, bus } = this.#parts
    const password = newToken()
    const hash = await passwords.hash(password)
    const username = await store.change((draft) => {
      const [admin] = draft.users.where(() => true)
      if (!admin) throw new StartError('There is no admin yet: the first start makes one.')
      admin.password = hash
      admin.has_generated_password = true
      admin.devices = []
      for (const { id_hash } of draft.sessions.where(() => true)) draft.sessions.remove(id_hash)
      return admin.username
    })
    bus.tell({ kind: 'password_reset', facts: { username }, by: systemActor })
    return { username, password }
  }

  async #confirm(password: string, user: User, sessionHash: string, signal: AbortSignal): Promise<void> {
    const guarded: GuardKey[] = [`session ${sessionHash}`]
    const isRight = await this.#verify(password, user, { standing: 'signed_in', group: sessionHash, signal }, guarded)
    if (!isRight) throw new Problem('wrong_credentials', 'The current password is wrong.')
    this.#parts.guard.succeeded(guarded)
  }

  /**
   * A stranger who fails on purpose must not lock the admin out: a browser in which he signed in before counts for itself, and
   * where he has a session, only the address counts.
   */
  #judge(user: User | undefined, name: string, visitor: Visitor): { guarded: GuardKey[]; applicant: Applicant } {
    const { devices, sessions } = this.#parts
    const { deviceId, signal } = visitor
    const group = addressGroup(visitor.address)
    if (deviceId !== undefined && devices.isKnown(user, deviceId)) {
      const device = hashToken(deviceId)
      return { guarded: [`device ${device}`], applicant: { standing: 'known_browser', group: device, signal } }
    }
    if (sessions.isKnownGroup(user, group)) {
      return { guarded: [`address ${group}`], applicant: { standing: 'known_address', group, signal } }
    }
    const guarded: GuardKey[] = [`address ${group}`, `user ${name.toLowerCase()}`]
    return { guarded, applicant: { standing: 'stranger', group, signal } }
  }

  /** Who finds no place to wait may try again at once: nobody looked at his password. */
  async #verify(password: string, user: User | undefined, applicant: Applicant, guarded: GuardKey[]): Promise<boolean> {
    const { guard, passwords } = this.#parts
    guard.attempt(guarded)
    try {
      return await passwords.verify(password, user?.password, applicant)
    } catch (error) {
      if (error instanceof Problem) guard.withdrawn(guarded)
      throw error
    }
  }
}
