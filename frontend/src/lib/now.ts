import { useSyncExternalStore } from 'react'

const tickMs = 1_000
/** The Date header has whole seconds; less than this is no wrong clock. */
const tolerableMs = 2_500

let offsetMs = 0
let now = Date.now()
let timer: number | undefined
const listeners = new Set<() => void>()

/** noteServerTime learns from a reply's Date header how wrong the clock of this machine is: countdowns follow the server's. */
export function noteServerTime(dateHeader: string | null, receivedAt: number): void {
  const serverMs = Date.parse(dateHeader ?? '')
  if (Number.isNaN(serverMs)) return
  const difference = serverMs + 500 - receivedAt
  offsetMs = Math.abs(difference) > tolerableMs ? difference : 0
}

/** serverNow is the time of the server, in milliseconds since the epoch. */
function serverNow(): number {
  return Date.now() + offsetMs
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  if (timer === undefined) {
    now = serverNow()
    timer = window.setInterval(() => {
      now = serverNow()
      for (const tell of listeners) tell()
    }, tickMs)
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    window.clearInterval(timer)
    timer = undefined
  }
}

/** useTicking computes something of the server's time each second and renders only when it changes. */
export function useTicking<T extends string | number | null>(compute: (now: number) => T): T {
  return useSyncExternalStore(subscribe, () => compute(now))
}

/** useSecondsUntil counts down to a point in time; 0 once it is over, null where there is none. It renders only on changes. */
export function useSecondsUntil(timestamp: string | null): number | null {
  const end = timestamp === null ? Number.NaN : Date.parse(timestamp)
  return useSyncExternalStore(subscribe, () => (Number.isNaN(end) ? null : Math.max(0, Math.ceil((end - now) / 1000))))
}
