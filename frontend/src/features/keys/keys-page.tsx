import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useDeferredValue, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useSearchParams } from 'wouter'

import type { ProxyKeyView } from '../../../../backend/src/contract/index.ts'
import { keysQuery } from '@/api/queries'
import { EmptyState, ErrorState } from '@/components/state'
import { Button } from '@/components/ui/button'
import { Skeleton } from '@/components/ui/skeleton'
import { useIsWide } from '@/lib/media'

import { openDialog } from '../dialogs'
import { BulkBar } from './bulk-bar'
import { KeyCards } from './key-cards'
import { KeyTable } from './key-table'
import { useSelection } from './selection'
import { AddButtons, Toolbar } from './toolbar'
import { Totals } from './totals'
import { applyView, readView, writeView, type KeyView } from './view'

/** KeysPage is the home page: all keys, live. `openId` is the key whose details are open beside it. */
export function KeysPage({ openId }: { openId: number | null }) {
  const { data: keys, error, refetch } = useQuery(keysQuery)
  if (keys) return keys.length === 0 ? <NoKeys /> : <Keys keys={keys} openId={openId} />
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />
  return <LoadingKeys />
}

function Keys({ keys, openId }: { keys: readonly ProxyKeyView[]; openId: number | null }) {
  const { t } = useTranslation()
  const [parameters, setParameters] = useSearchParams()
  const isWide = useIsWide()
  const view = useMemo(() => readView(parameters), [parameters])
  const shownView = useDeferredValue(view)
  const rows = useMemo(() => applyView(keys, shownView), [keys, shownView])
  const selection = useSelection(rows)
  const change = (part: Partial<KeyView>) =>
    setParameters(
      (before) => {
        const next = writeView({ ...view, ...part })
        const tab = before.get('tab')
        if (tab !== null) next.set('tab', tab)
        return next
      },
      { replace: true },
    )
  const sortBy = (sort: KeyView['sort']) => change({ sort, isDescending: view.sort === sort && !view.isDescending })
  return (
    <div className="grid grid-cols-1">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 pt-3">
        <Totals keys={keys} status={view.status} onStatus={(status) => change({ status })} />
        <AddButtons />
      </div>
      {/* Stays in sight with the head of the table: what is selected can be worked on from anywhere. */}
      <div className="z-20 bg-background px-4 py-2 md:sticky md:top-12">
        <Toolbar view={view} onChange={change}>
          <BulkBar selection={selection} />
        </Toolbar>
      </div>
      {rows.length === 0 ? (
        <div className="px-4">
          <EmptyState title={t('keys.noneFound')}>
            <Button onClick={() => change({ search: '', status: '', region: '' })}>{t('keys.showAll')}</Button>
          </EmptyState>
        </div>
      ) : isWide ? (
        <div className="overflow-x-auto lg:overflow-visible">
          <KeyTable rows={rows} view={view} openId={openId} selection={selection} onSort={sortBy} />
        </div>
      ) : (
        <KeyCards rows={rows} />
      )}
    </div>
  )
}

function NoKeys() {
  const { t } = useTranslation()
  return (
    <div className="px-4 pt-6">
      <EmptyState title={t('keys.none')}>
        <p className="text-muted-foreground">{t('keys.noneHint')}</p>
        <p>
          <code className="rounded bg-muted px-1.5 py-0.5 font-mono">K6fa3db60f1c24c8e9d8b7a6f5e4d3c2b1</code>
        </p>
        <span className="flex gap-2">
          <Button variant="primary" onClick={() => openDialog.set({ kind: 'add' })}>
            <Plus aria-hidden />
            {t('keys.add')}
          </Button>
          <Button onClick={() => openDialog.set({ kind: 'import' })}>{t('keys.import')}</Button>
        </span>
      </EmptyState>
    </div>
  )
}

function LoadingKeys() {
  const { t } = useTranslation()
  return (
    <div role="status" aria-label={t('common.loading')} className="grid gap-3 px-4 pt-3">
      <Skeleton className="h-5 w-64" />
      <Skeleton className="h-8 w-full" />
      {Array.from({ length: 8 }, (_, index) => (
        <Skeleton key={index} className="h-10 w-full" />
      ))}
    </div>
  )
}
