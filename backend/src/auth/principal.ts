import { scope, type Scope, type User } from '../contract/index.ts'
import { publicIdOf, type Sessions } from './sessions.ts'

/** Principal is who asks now, what he may, and whether that still holds. */
export interface Principal {
  readonly kind: 'session'
  /** Names the session and lets nobody in. */
  readonly id: string
  /** The user name. */
  readonly name: string
  /** Where this request comes from. */
  readonly address: string
  readonly scopes: ReadonlySet<Scope>
  readonly user: User
  /** The secret itself. */
  readonly sessionId: string
  /** For whatever goes on for long: a session may end meanwhile. */
  isStillGood(): boolean
}

/** Principals tell who shows a credential. */
export interface Principals {
  /** Undefined for a credential that is not, or no longer, good. */
  find(credential: string, address: string): Principal | undefined
}

/** Whoever is signed in is the admin. */
const sessionScopes: ReadonlySet<Scope> = new Set(scope.options)

/** createPrincipals knows sessions. */
export function createPrincipals(sessions: Pick<Sessions, 'find'>): Principals {
  return {
    find(credential, address) {
      const user = sessions.find(credential)
      return (
        user && {
          kind: 'session',
          id: publicIdOf(credential),
          name: user.username,
          address,
          scopes: sessionScopes,
          user,
          sessionId: credential,
          isStillGood: () => sessions.find(credential) !== undefined,
        }
      )
    },
  }
}
