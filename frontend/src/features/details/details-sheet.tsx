import { useQuery } from '@tanstack/react-query'
import { Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation, useSearchParams } from 'wouter'

import { keysQuery } from '@/api/queries'
import { Fence } from '@/components/state'
import { LiveSign } from '@/components/live-sign'
import { Status } from '@/components/status'
import { Button } from '@/components/ui/button'
import { Dialog } from '@/components/ui/dialog'
import { Skeleton } from '@/components/ui/skeleton'
import { Tabs } from '@/components/ui/tabs'

import { lazyPart } from '@/lib/lazy-part'

import { openDialog } from '../dialogs'
import { RotateButton } from '../keys/rotate-button'
import { Access } from './access'
import { Connect } from './connect'
import { KeyLog } from './key-log'
import { Overview } from './overview'

/** Plots are large: they come when somebody looks at them. */
const Plots = lazyPart(async () => (await import('./plots')).Plots)

const tabNames = ['overview', 'connect', 'access', 'plots', 'log'] as const

/** DetailsSheet shows one key beside the table, at a URL of its own. */
export function DetailsSheet({ id }: { id: number }) {
  const { t } = useTranslation()
  const [, navigate] = useLocation()
  const [parameters, setParameters] = useSearchParams()
  const { data: row, isSuccess } = useQuery({ ...keysQuery, select: (keys) => keys.find((key) => key.id === id) })
  const tab = tabNames.find((name) => name === parameters.get('tab')) ?? 'overview'
  const close = () => {
    const rest = new URLSearchParams(window.location.search)
    rest.delete('tab')
    navigate(`/${rest.size === 0 ? '' : `?${rest}`}`)
  }
  const setTab = (name: (typeof tabNames)[number]) =>
    setParameters(
      (before) => {
        const next = new URLSearchParams(before)
        if (name === 'overview') next.delete('tab')
        else next.set('tab', name)
        return next
      },
      { replace: true },
    )
  if (!isSuccess) return null
  if (!row) {
    return (
      <Dialog form="sheet" title={t('details.gone')} onClose={close}>
        <p className="text-sm text-muted-foreground">{t('details.goneHint')}</p>
      </Dialog>
    )
  }
  const contents = {
    overview: <Overview row={row} />,
    connect: <Connect row={row} />,
    access: <Access row={row} />,
    plots: (
      <Suspense fallback={<Skeleton className="h-80" />}>
        <Plots id={id} />
      </Suspense>
    ),
    log: <KeyLog id={id} />,
  }
  return (
    <Dialog
      form="sheet"
      title={
        <span className="flex items-center gap-3">
          <span className="truncate">{row.key_name}</span>
          {/* On a phone the sheet covers the head of the page. */}
          <span className="sm:hidden">
            <LiveSign />
          </span>
        </span>
      }
      onClose={close}
    >
      <div className="mb-4 flex items-center gap-2">
        <Status status={row.status} className="mr-auto text-sm" />
        <RotateButton row={row} isLarge />
        <Button onClick={() => openDialog.set({ kind: 'key-settings', id })}>{t('details.settings')}</Button>
      </div>
      <Tabs
        key={id}
        label={row.key_name}
        value={tab}
        onChange={setTab}
        tabs={tabNames.map((name) => ({
          value: name,
          label: t(`details.tabs.${name}`),
          content: <Fence>{contents[name]}</Fence>,
        }))}
      />
    </Dialog>
  )
}
