import type { Clock, Stop } from '../../lib/clock.ts'
import type { Drain } from '../report.ts'
import type { Member, Roster } from '../sockets/roster.ts'
import type { DrainTimes } from './tunnel-activity.ts'

const stepMs = 10

/** How work on an upstream ended: by itself, or by a drain in a pause or in the middle. */
export type WorkEnd = 'finished' | 'idle' | 'cut'

/** WorkKind parts tunnels, whose content is not ours to understand, from plain requests, of which we know the end. */
export type WorkKind = 'tunnels' | 'requests'

/** Drainable is what holds a connection to an upstream. Each stands in the roster of its endpoint. */
export interface Drainable extends Member {
  readonly kind: WorkKind
  readonly leaseId: string
  /** The drain that counts it, once its upstream was replaced. */
  draining: Draining | null
  /** Lets go of its upstream where nothing is under way; returns whether nothing was. */
  leaveIdle(): boolean
  /** Ends it where it can be ended now, or must be. */
  drain(since: number, times: DrainTimes): void
}

/** Draining is the work that one change of upstream found open. */
export interface Draining {
  readonly since: number
  readonly times: DrainTimes
  readonly open: Set<Drainable>
  readonly counts: Record<WorkKind, { -readonly [key in keyof Drain]: number }>
  readonly onProgress: (draining: Draining, isOver: boolean) => void
}

/** Drainer moves the work of replaced upstreams: each piece is ended in its first pause, and cut when the time is over. */
export class Drainer {
  readonly #clock: Clock
  readonly #drains = new Set<Draining>()
  #cancelStep: Stop | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Begins to drain all of the roster that is on another lease than the present one and in no drain yet. `onProgress` is told
   * at once, and when the last of it has ended.
   */
  begin(
    roster: Roster<Drainable>,
    { present, times }: { present: string | null; times: DrainTimes },
    onProgress: Draining['onProgress'],
  ): void {
    const draining: Draining = {
      since: this.#clock.monotonic(),
      times,
      open: new Set(),
      counts: { tunnels: noWork(), requests: noWork() },
      onProgress,
    }
    roster.forEach((work) => {
      if (work.leaseId === present || work.draining !== null || work.leaveIdle()) return
      work.draining = draining
      draining.open.add(work)
      draining.counts[work.kind].open += 1
    })
    if (draining.open.size === 0) return onProgress(draining, true)
    onProgress(draining, false)
    this.#drains.add(draining)
    this.#step()
  }

  /** Work goes on as something else, which the drain counts from now on; then it is `ended`. */
  passOn({ draining }: Drainable, next: Drainable): void {
    if (draining === null) return
    next.draining = draining
    draining.open.add(next)
    draining.counts[next.kind].open += 1
  }

  /** Notes the end of a piece of work, whatever ended it. */
  ended(work: Drainable, end: WorkEnd): void {
    const { draining } = work
    if (draining === null || !draining.open.delete(work)) return
    work.draining = null
    draining.counts[work.kind][end] += 1
    if (draining.open.size > 0) return
    this.#drains.delete(draining)
    draining.onProgress(draining, true)
  }

  stop(): void {
    this.#drains.clear()
    this.#cancelStep?.()
    this.#cancelStep = null
  }

  #step(): void {
    this.#cancelStep?.()
    this.#cancelStep = null
    for (const { open, since, times } of this.#drains) for (const work of open) work.drain(since, times)
    if (this.#drains.size > 0) this.#cancelStep = this.#clock.after(stepMs, () => this.#step())
  }
}

function noWork(): { -readonly [key in keyof Drain]: number } {
  return { open: 0, idle: 0, finished: 0, cut: 0 }
}
