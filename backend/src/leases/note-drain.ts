import { namesOf, systemActor, type DrainCounts, type JoinedProxy } from '../contract/index.ts'
import type { Bus } from '../happenings/bus.ts'

/** noteDrain tells what became of the work that a replaced lease of a key had open. */
export function noteDrain(
  bus: Pick<Bus, 'tell'>,
  { key, endpoint }: JoinedProxy,
  counts: Record<'tunnels' | 'requests', DrainCounts>,
): void {
  const facts = { ...namesOf(endpoint), new_ip: key.remote_ip, ...counts }
  bus.tell({ kind: 'drained', proxy_id: key.id, facts, by: systemActor })
}
