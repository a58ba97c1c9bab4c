import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { Download } from 'lucide-react'
import { useEffect, useLayoutEffect, useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'wouter'

import type { LogAction, LogEntry, ProxyKeyView } from '../../../../backend/src/contract/index.ts'
import { keysQuery, logParameters, logQuery, type LogFilter } from '@/api/queries'
import { LogLine } from '@/components/log-line'
import { EmptyState, ErrorState } from '@/components/state'
import { Button } from '@/components/ui/button'
import { Select } from '@/components/ui/field'
import { Skeleton } from '@/components/ui/skeleton'
import { useDocumentTop } from '@/lib/document-top'

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
  'export',
] as const satisfies readonly LogAction[]

const lineHeight = 52

/** Spans are how far back one looks, in hours. */
const spans = { '1h': 1, '24h': 24, '7d': 168 } as const

/** ActivityPage is the operation log: live, filtered, with no end. */
export function ActivityPage() {
  const { t, i18n } = useTranslation()
  const [parameters, setParameters] = useSearchParams()
  const span = parameters.get('span') ?? ''
  const hours = Object.hasOwn(spans, span) ? spans[span as keyof typeof spans] : null
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
          <a href={`/api/logs/export?language=${i18n.language}&${logParameters(filter)}`} download>
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
  const { data: names } = useQuery({ ...keysQuery, select: namesOf })
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
        <EmptyState title={t(Object.values(filter).every((value) => value === '') ? 'log.empty' : 'log.noneFound')} />
      </div>
    )
  }
  return (
    <>
      <Lines entries={entries} names={new Map(names)} />
      <div ref={end} className="h-8">
        {isFetchingNextPage ? <Skeleton className="mx-4 h-8" /> : null}
      </div>
    </>
  )
}

/** Names of keys by their ids: the only thing of them that the log needs. TanStack Query keeps it as long as it is the same. */
function namesOf(keys: readonly ProxyKeyView[]): [number, string][] {
  return keys.map(({ id, key_name }) => [id, key_name])
}

/** A key that is gone goes by the name that it had then. */
function formerName({ proxy_id, facts }: LogEntry): string {
  return facts !== null && 'key_name' in facts ? facts.key_name : `#${proxy_id}`
}

/** Only the entries in sight are drawn. */
function Lines({ entries, names }: { entries: readonly LogEntry[]; names: ReadonlyMap<number, string> }) {
  const { t } = useTranslation()
  const list = useRef<HTMLOListElement>(null)
  const top = useDocumentTop(list)
  const virtualizer = useWindowVirtualizer({
    count: entries.length,
    estimateSize: () => lineHeight,
    overscan: 10,
    scrollMargin: top,
    getItemKey: (index) => entries[index]?.id ?? index,
  })
  const first = useRef(entries[0]?.id)
  useLayoutEffect(() => {
    const added = entries.findIndex(({ id }) => id === first.current)
    first.current = entries[0]?.id
    const isReading = window.scrollY > top
    // What comes above must not move what is being read.
    if (added > 0 && isReading) window.scrollBy(0, added * lineHeight)
  }, [entries, top])
  return (
    <ol
      ref={list}
      aria-label={t('log.title')}
      className="relative border-t border-border"
      style={{ height: virtualizer.getTotalSize() }}
    >
      {virtualizer.getVirtualItems().map(({ index, start }) => {
        const entry = entries[index]
        return entry === undefined ? null : (
          <LogLine
            key={entry.id}
            entry={entry}
            name={entry.proxy_id === null ? null : (names.get(entry.proxy_id) ?? formerName(entry))}
            place={{ index, top: start - top, measure: virtualizer.measureElement }}
            total={entries.length}
          />
        )
      })}
    </ol>
  )
}

function KeyFilter({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { t } = useTranslation()
  const { data: names = [] } = useQuery({ ...keysQuery, select: namesOf })
  return (
    <Filter
      label={t('log.filterKey')}
      any={t('log.anyKey')}
      value={value}
      choices={names.map(([id, label]) => ({ value: String(id), label }))}
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
