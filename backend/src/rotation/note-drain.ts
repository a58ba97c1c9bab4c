import { subdomainOf, type DrainCounts, type Endpoint, type JoinedProxy } from '../contract/index.ts'
import type { History } from '../history/history.ts'

/** noteDrain writes down what became of the work that a replaced lease of a key had open. */
export function noteDrain(
  history: History,
  { key, endpoint }: JoinedProxy,
  { tunnels, requests }: Record<'tunnels' | 'requests', DrainCounts>,
): void {
  const message = [describeDrain(endpoint, 'tunnel', tunnels), describeDrain(endpoint, 'request', requests)]
    .join(' ')
    .trim()
  history.add({ proxy_id: key.id, action: 'drain', new_ip: key.remote_ip, message })
}

function describeDrain(endpoint: Endpoint, what: 'tunnel' | 'request', counts: DrainCounts): string {
  const { open, idle, finished, cut } = counts
  if (open === 0) return ''
  const closed = what === 'tunnel' ? `${idle} closed in a pause, ` : ''
  return `${open} open ${what}${open === 1 ? '' : 's'} of ${subdomainOf(endpoint)} left the old exit: ${closed}${finished} finished, ${cut} cut.`
}
