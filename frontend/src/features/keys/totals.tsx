import { useQuery } from '@tanstack/react-query'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'

import { keyStatuses } from '../../../../backend/src/contract/choices.ts'
import type { KeyStatus, ProxyKeyView, TrafficTotals } from '../../../../backend/src/contract/index.ts'
import { trafficQuery } from '@/api/queries'
import { formatBytes, formatNumber } from '@/i18n/format'
import { cn } from '@/lib/cn'

interface TotalsProps {
  keys: readonly ProxyKeyView[]
  status: KeyStatus | ''
  onStatus: (status: KeyStatus | '') => void
}

/** Totals are the keys by state, each a filter, and what goes through them now. */
export function Totals({ keys, status, onStatus }: TotalsProps) {
  const { t } = useTranslation()
  const counts = keyStatuses
    .map((name) => ({ name, count: keys.filter((key) => key.status === name).length }))
    .filter(({ count }) => count > 0)
  return (
    <div className="flex min-h-8 flex-1 flex-wrap items-center gap-x-4 gap-y-1 text-sm">
      <h1 className="text-base font-semibold">{t('keys.count', { count: keys.length })}</h1>
      {counts.map(({ name, count }) => (
        <button
          key={name}
          type="button"
          aria-pressed={status === name}
          className={cn(
            'rounded text-muted-foreground hover:text-foreground hover:underline',
            status === name && 'font-medium text-foreground underline',
          )}
          onClick={() => onStatus(status === name ? '' : name)}
        >
          {formatNumber(count)} {t(`status.${name}`).toLocaleLowerCase()}
        </button>
      ))}
      <Rates />
    </div>
  )
}

function Rates() {
  const { t } = useTranslation()
  const { data, isError } = useQuery(trafficQuery)
  const rates = useRates(data)
  if (rates === null || isError) return null
  return (
    <span className="ml-auto flex gap-4 text-muted-foreground" title={t('keys.ratesHint')}>
      <span>{t('keys.requestRate', { rate: formatNumber(rates.requests) })}</span>
      <span>{t('keys.byteRate', { rate: formatBytes(rates.bytes) })}</span>
      <span>{t('keys.connections', { count: rates.connections })}</span>
    </span>
  )
}

/** From two readings of counters that only grow, but begin anew when the process does. */
function useRates(totals: TrafficTotals | undefined) {
  const readings = useRef<TrafficTotals[]>([])
  if (totals && readings.current.at(-1)?.at !== totals.at) readings.current = [...readings.current.slice(-1), totals]
  const [before, now] = readings.current
  if (!before || !now) return null
  const seconds = (Date.parse(now.at) - Date.parse(before.at)) / 1000
  const grown = (from: number, to: number) => Math.max(0, (to - from) / seconds)
  return {
    requests: grown(before.requests, now.requests),
    bytes: grown(before.bytes_in + before.bytes_out, now.bytes_in + now.bytes_out),
    connections: now.connections,
  }
}
