import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { useEffect, useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'wouter'

import type { LogAction } from '../../../../backend/src/contract/index.ts'
import { keysQuery, logParameters, logQuery, type LogFilter } from '@/api/queries'
import { LogLine } from '@/components/log-list'
import { EmptyState, ErrorState } from '@/components/state'
import { Button } from '@/components/ui/button'
import { Select } from '@/components/ui/field'
import { Skeleton } from '@/components/ui/skeleton'

const actions = [
  'rotate',
  'status',
  'add',
  'update',
  'delete',
  'restart',
  'drain',
  'settings',
  'login',
  'logout',
  'password',
] as const satisfies readonly LogAction[]

/** Spans are how far back one looks, in hours. */
const spans = { '1h': 1, '24h': 24, '7d': 168 } as const

/** ActivityPage is the operation log: live, filtered, with no end. */
export function ActivityPage() {
  const { t } = useTranslation()
  const [parameters, setParameters] = useSearchParams()
  const span = parameters.get('span') ?? ''
  const hours = span in spans ? spans[span as keyof typeof spans] : null
  // From when on is fixed when the choice is made: a query that moves with the time would never rest.
  const since = useMemo(() => (hours === null ? '' : new Date(Date.now() - hours * 3_600_000).toISOString()), [hours])
  const filter: LogFilter = {
    proxy_id: parameters.get('key') ?? '',
    action: actions.find((action) => action === parameters.get('action')) ?? '',
    status: ['success', 'failure'].find((status) => status === parameters.get('outcome')) ?? '',
    since,
  }
  const set = (name: string, value: string) =>
    setParameters(
      (before) => {
        const next = new URLSearchParams(before)
        if (value === '') next.delete(name)
        else next.set(name, value)
        return next
      },
      { replace: true },
    )
  return (
    <div className="grid gap-3 pt-3">
      <div className="flex flex-wrap items-center gap-2 px-4">
        <h1 className="mr-2 text-base font-semibold">{t('log.title')}</h1>
        <KeyFilter value={filter.proxy_id} onChange={(value) => set('key', value)} />
        <Filter
          label={t('log.filterAction')}
          any={t('log.anyAction')}
          value={filter.action}
          choices={actions.map((value) => ({ value, label: t(`log.actions.${value}`) }))}
          onChange={(value) => set('action', value)}
        />
        <Filter
          label={t('log.filterOutcome')}
          any={t('log.anyOutcome')}
          value={filter.status}
          choices={[
            { value: 'success', label: t('log.success') },
            { value: 'failure', label: t('log.failure') },
          ]}
          onChange={(value) => set('outcome', value)}
        />
        <Filter
          label={t('log.filterTime')}
          any={t('log.anyTime')}
          value={hours === null ? '' : span}
          choices={(['1h', '24h', '7d'] as const).map((value) => ({ value, label: t(`log.spans.${value}`) }))}
          onChange={(value) => set('span', value)}
        />
        <Button asChild className="ml-auto">
          <a href={`/api/logs/export?${logParameters(filter)}`} download>
            <Download aria-hidden />
            {t('log.export')}
          </a>
        </Button>
      </div>
      <Entries filter={filter} />
    </div>
  )
}

function Entries({ filter }: { filter: LogFilter }) {
  const { t } = useTranslation()
  const { data: keys } = useQuery(keysQuery)
  const names = useMemo(() => new Map(keys?.map(({ id, key_name }) => [id, key_name])), [keys])
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(logQuery(filter))
  const end = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!end.current || !hasNextPage || isFetchingNextPage) return undefined
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) void fetchNextPage()
      },
      { rootMargin: '600px' },
    )
    observer.observe(end.current)
    return () => observer.disconnect()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  if (error && !data) {
    return (
      <div className="px-4">
        <ErrorState error={error} onRetry={() => void refetch()} />
      </div>
    )
  }
  if (!data) {
    return (
      <div role="status" aria-label={t('common.loading')} className="grid gap-2 px-4">
        {Array.from({ length: 10 }, (_, index) => (
          <Skeleton key={index} className="h-8" />
        ))}
      </div>
    )
  }
  const entries = data.pages.flat()
  if (entries.length === 0) {
    return (
      <div className="px-4">
        <EmptyState title={t('log.empty')} />
      </div>
    )
  }
  return (
    <>
      <ol aria-label={t('log.title')} className="border-t border-border">
        {entries.map((entry) => (
          <LogLine
            key={entry.id}
            entry={entry}
            name={entry.proxy_id === null ? null : (names.get(entry.proxy_id) ?? `#${entry.proxy_id}`)}
          />
        ))}
      </ol>
      <div ref={end} className="h-8">
        {isFetchingNextPage ? <Skeleton className="mx-4 h-8" /> : null}
      </div>
    </>
  )
}

function KeyFilter({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { t } = useTranslation()
  const { data: keys = [] } = useQuery(keysQuery)
  return (
    <Filter
      label={t('log.filterKey')}
      any={t('log.anyKey')}
      value={value}
      choices={keys.map(({ id, key_name }) => ({ value: String(id), label: key_name }))}
      onChange={onChange}
    />
  )
}

interface FilterProps {
  label: string
  any: string
  value: string
  choices: readonly { value: string; label: string }[]
  onChange: (value: string) => void
}

function Filter({ label, any, value, choices, onChange }: FilterProps) {
  return (
    <Select
      aria-label={label}
      className="w-auto max-w-44"
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      <option value="">{any}</option>
      {choices.map((choice) => (
        <option key={choice.value} value={choice.value}>
          {choice.label}
        </option>
      ))}
    </Select>
  )
}
