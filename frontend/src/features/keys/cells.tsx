import { Pencil } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import type { ProxyKeyView, StatusReason } from '../../../../backend/src/contract/index.ts'
import { ipChanges } from '@/api/apply-events'
import { CopyEndpoint } from '@/components/copy'
import { EndpointText } from '@/components/endpoint-text'
import { Sparkline } from '@/components/sparkline'
import { Status } from '@/components/status'
import { TimeAgo, TimeLeft } from '@/components/time'
import { Button } from '@/components/ui/button'
import { Tooltip } from '@/components/ui/tooltip'
import { formatNumber } from '@/i18n/format'
import { cn } from '@/lib/cn'
import { useStore } from '@/lib/store'

import { openDialog } from '../dialogs'
import { useUnderway } from './rotate'
import { useOpenDetails } from './row-actions'

interface CellProps {
  row: ProxyKeyView
}

export function KeyName({ row }: CellProps) {
  const { t } = useTranslation()
  const openDetails = useOpenDetails()
  const editLabel = t('keys.editName', { name: row.key_name })
  return (
    <span className="block min-w-0">
      <span className="flex min-w-0 items-center">
        <button
          type="button"
          title={row.key_name}
          className="truncate font-medium hover:underline"
          onClick={() => openDetails(row.id)}
        >
          {row.key_name}
        </button>
        <Tooltip text={editLabel}>
          <Button
            variant="ghost"
            size="icon"
            className="size-5 text-muted-foreground [&_svg]:size-3"
            aria-label={editLabel}
            onClick={() => openDialog.set({ kind: 'key-settings', id: row.id })}
          >
            <Pencil />
          </Button>
        </Tooltip>
      </span>
      <span className="block truncate font-mono text-xs text-muted-foreground">{row.kiotproxy_key.slice(0, 8)}</span>
    </span>
  )
}

export function UpstreamCell({ row }: CellProps) {
  const { t } = useTranslation()
  if (row.remote_http === null) return <span className="text-muted-foreground">{t('keys.noUpstream')}</span>
  return (
    <span className="block min-w-0">
      <span className="block truncate text-sm" title={row.remote_http}>
        <span className="mr-1 text-xs text-muted-foreground">HTTP</span>
        <span className="font-mono">{row.remote_http}</span>
      </span>
      {row.expiration_at === null ? (
        <span className="block text-xs text-muted-foreground">{t('keys.noEnd')}</span>
      ) : (
        <TimeLeft until={row.expiration_at} lifeSeconds={row.ttl} />
      )}
    </span>
  )
}

export function ExitIp({ row }: CellProps) {
  const { t } = useTranslation()
  const change = useStore(ipChanges, (changes) => changes.get(row.id))
  const place = [row.location, t(`region.${row.region}`)].filter(Boolean).join(' · ')
  return (
    // Another key for another IP: the flash begins anew.
    <span key={change?.to ?? ''} className={cn('block min-w-0 rounded px-1 -mx-1', change && 'animate-flash')}>
      <span className="block truncate font-mono text-sm">{row.remote_ip ?? '–'}</span>
      <span className="block truncate text-xs text-muted-foreground" title={place}>
        {change?.from == null ? place : t('keys.wasIp', { ip: change.from })}
      </span>
    </span>
  )
}

export function PublicEndpoint({ row }: CellProps) {
  const { t } = useTranslation()
  return (
    <span className="block min-w-0">
      <span className="flex min-w-0 items-center gap-0.5">
        <EndpointText text={row.endpoint} />
        <CopyEndpoint id={row.id} name={row.endpoint} />
      </span>
      {row.listener === 'listening' ? null : (
        <span className="block text-xs text-danger">{t(`keys.listener.${row.listener}`)}</span>
      )}
    </span>
  )
}

/** Why it is as it is, and when it is tried again: where there is no room for all of it, the time still shows. */
function Reason({ reason, retryAt }: { reason: StatusReason; retryAt: string | null }) {
  const { t } = useTranslation()
  const text = t(`reason.${reason}`)
  return (
    <span className="flex min-w-0 text-xs text-muted-foreground" title={text}>
      <span className="truncate">{text}</span>
      {retryAt === null ? null : (
        <span className="shrink-0 whitespace-pre">
          {' · '}
          <TimeAgo at={retryAt} />
        </span>
      )}
    </span>
  )
}

function LastCheck({ at }: { at: string | null }) {
  const { t } = useTranslation()
  return (
    <span className="truncate text-xs text-muted-foreground">
      {at === null ? t('keys.notChecked') : <TimeAgo at={at} />}
    </span>
  )
}

/** StatusCell tells how a key is doing: where something is wrong why, else how its checks went. */
export function StatusCell({ row }: CellProps) {
  const { reason, retry_at, status, latency_ms } = row
  const isRotating = useUnderway(row.id) === 'rotate' && row.is_active
  return (
    <span className="block min-w-0">
      <span className="flex items-center justify-between gap-2">
        <Status status={isRotating ? 'rotating' : status} className="min-w-0 text-sm" />
        <span className="shrink-0 text-xs">{latency_ms === null ? '–' : `${formatNumber(latency_ms)} ms`}</span>
      </span>
      {reason === null ? (
        <span className="flex items-center justify-between gap-2">
          <LastCheck at={row.last_check_at} />
          <Sparkline checks={row.recent_checks} />
        </span>
      ) : (
        <Reason reason={reason} retryAt={retry_at} />
      )}
    </span>
  )
}
