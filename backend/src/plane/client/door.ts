import type { Clock } from '../../lib/clock.ts'
import type { Clues } from '../access/identify.ts'
import type { SlowDown } from '../../lib/slow-down.ts'
import type { Refusal } from '../report.ts'
import type { Visit } from './visit.ts'
import type { Endpoint } from './endpoint.ts'

/** Door is the way in: an endpoint's own port, or one that all share. */
export interface Door {
  readonly clock: Clock
  readonly slowDown: SlowDown
  /** The endpoint that this way in, or the name asked for by TLS, tells: then a user name tells nothing more. */
  tells(clues: Clues): Endpoint | 'nobody' | 'anybody'
  /** The endpoint that is meant; null for none. */
  recognise(clues: Clues, username: string | null): Endpoint | null
  /** Something was refused before an endpoint was known. */
  refused(reason: Refusal): void
  /** Takes a connection that asks for a web site. */
  receive(visit: Visit): void
}
