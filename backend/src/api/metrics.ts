import type { ProxyKeyView } from '../contract/index.ts'

/** Strangers are connections that nobody is known by yet: how many are open, and how many were turned away, by reason. */
export interface Strangers {
  readonly open: number
  readonly refused: Readonly<Record<string, number>>
}

/** Others are what the metrics tell beside the keys. */
export interface Others {
  readonly strangers: Strangers
  /** Requests of strangers that the site turned away, by reason. */
  readonly site: Readonly<Record<string, number>>
  readonly uptimeSeconds: number
}

interface Metric {
  name: string
  type: 'gauge' | 'counter'
  help: string
  value: (key: ProxyKeyView) => number | null
}

const perKey: Metric[] = [
  { name: 'connections', type: 'gauge', help: 'Client connections open now', value: (key) => key.traffic.connections },
  { name: 'tunnels', type: 'gauge', help: 'Tunnels open now', value: (key) => key.traffic.tunnels },
  { name: 'requests_total', type: 'counter', help: 'Requests and tunnels', value: (key) => key.traffic.requests },
  { name: 'received_bytes_total', type: 'counter', help: 'Bytes from clients', value: (key) => key.traffic.bytes_in },
  { name: 'sent_bytes_total', type: 'counter', help: 'Bytes to clients', value: (key) => key.traffic.bytes_out },
  {
    name: 'latency_seconds',
    type: 'gauge',
    help: 'Duration of the last health check',
    value: (key) => (key.latency_ms === null ? null : key.latency_ms / 1000),
  },
  { name: 'up', type: 'gauge', help: '1 for a key that works', value: (key) => (key.status === 'active' ? 1 : 0) },
]

/** renderMetrics writes the Prometheus text format (version 0.0.4). */
export function renderMetrics(keys: readonly ProxyKeyView[], { strangers, site, uptimeSeconds }: Others): string {
  const lines = perKey.flatMap((metric) => renderMetric(metric, keys))
  lines.push(
    ...headOf('stillpoint_uptime_seconds', 'gauge', 'Since the start'),
    `stillpoint_uptime_seconds ${uptimeSeconds}`,
  )
  lines.push(...renderRefused(keys), ...renderStrangers(strangers), ...renderSite(site))
  lines.push(...headOf('process_resident_memory_bytes', 'gauge', 'Resident memory'))
  lines.push(`process_resident_memory_bytes ${process.memoryUsage.rss()}`)
  return `${lines.join('\n')}\n`
}

function renderMetric({ name, type, help, value }: Metric, keys: readonly ProxyKeyView[]): string[] {
  const fullName = `stillpoint_key_${name}`
  const samples = keys.flatMap((key) => {
    const number = value(key)
    return number === null ? [] : [`${fullName}{endpoint="${key.subdomain}"} ${number}`]
  })
  return [...headOf(fullName, type, help), ...samples]
}

function renderRefused(keys: readonly ProxyKeyView[]): string[] {
  const name = 'stillpoint_key_refused_total'
  const samples = keys.flatMap(({ subdomain, traffic }) =>
    Object.entries(traffic.refused).map(
      ([reason, count]) => `${name}{endpoint="${subdomain}",reason="${reason}"} ${count}`,
    ),
  )
  return [...headOf(name, 'counter', 'Work that was turned away'), ...samples]
}

function renderStrangers({ open, refused }: Strangers): string[] {
  return [
    ...headOf('stillpoint_strangers', 'gauge', 'Connections that have not shown yet that they may be here'),
    `stillpoint_strangers ${open}`,
    ...renderReasons(
      'stillpoint_strangers_refused_total',
      'Work that was turned away before an endpoint was known',
      refused,
    ),
  ]
}

function renderSite(refused: Others['site']): string[] {
  return renderReasons('stillpoint_site_refused_total', 'Requests that the site turned away', refused)
}

function renderReasons(name: string, help: string, counts: Readonly<Record<string, number>>): string[] {
  const samples = Object.entries(counts).map(([reason, count]) => `${name}{reason="${reason}"} ${count}`)
  return [...headOf(name, 'counter', help), ...samples]
}

function headOf(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}.`, `# TYPE ${name} ${type}`]
}
