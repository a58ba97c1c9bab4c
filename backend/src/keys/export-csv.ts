import type { JoinedProxy } from '../contract/index.ts'
import { byteOrderMark, toCsvLine, type Cell } from '../lib/csv.ts'
import type { Views } from './views.ts'

const columns = ['name', 'key', 'region', 'protocol', 'endpoint', 'port', 'status', 'exit_ip', 'location', 'created_at']

/** writeExport writes keys with their endpoints as a table that an import takes again, unless the provider keys are masked. */
export function writeExport(
  proxies: readonly JoinedProxy[],
  views: Views,
  holdsWholeKeys: boolean,
): { text: string; count: number } {
  const rows = proxies.map((proxy): Cell[] => {
    const view = views.proxy(proxy)
    return [
      view.key_name,
      holdsWholeKeys ? views.providerKey(proxy.key) : view.kiotproxy_key,
      view.region,
      view.upstream_protocol,
      view.endpoint,
      view.port,
      view.status,
      view.remote_ip,
      view.location,
      view.created_at,
    ]
  })
  return { text: byteOrderMark + [columns, ...rows].map(toCsvLine).join(''), count: rows.length }
}
