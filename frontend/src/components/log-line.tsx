import { Check, X } from 'lucide-react'
import { memo } from 'react'
import { useTranslation } from 'react-i18next'

import type { LogEntry } from '../../../backend/src/contract/index.ts'
import { cn } from '@/lib/cn'
import { useDescribeEntry } from '@/lib/describe-entry'

import { TimeAgo } from './time'

interface LogLineProps {
  entry: LogEntry
  /** Name of the key; null where it is plain which one is meant. */
  name: string | null
  /** Where it stands in a list of which only a part is drawn. */
  place: { index: number; top: number; measure: (line: Element | null) => void }
  total: number
}

/** LogLine is one entry of the operation log. */
export const LogLine = memo(function LogLine({ entry, name, place, total }: LogLineProps) {
  const { t } = useTranslation()
  const { action, reason, status, old_ip, new_ip, by, timestamp } = entry
  const describe = useDescribeEntry()
  const isGood = status === 'success'
  const Icon = isGood ? Check : X
  return (
    <li
      ref={place.measure}
      data-index={place.index}
      aria-setsize={total}
      aria-posinset={place.index + 1}
      style={{ top: place.top }}
      className="absolute inset-x-0 grid grid-cols-[1rem_1fr] gap-x-3 border-b border-border px-4 py-2 text-sm sm:grid-cols-[1rem_7rem_9rem_1fr_auto]"
    >
      <Icon
        aria-label={t(isGood ? 'log.success' : 'log.failure')}
        className={cn('mt-0.5 size-4', isGood ? 'text-success' : 'text-danger')}
      />
      <span className="font-medium">
        {t(`log.actions.${action}`)}
        {reason === null ? null : (
          <span className="block text-xs font-normal text-muted-foreground">{t(`log.reasons.${reason}`)}</span>
        )}
      </span>
      <span className="col-start-2 truncate sm:col-start-auto">{name}</span>
      <span className="col-start-2 min-w-0 break-words text-muted-foreground sm:col-start-auto">
        {old_ip !== null && new_ip !== null ? (
          <span className="mr-2 font-mono text-foreground">
            {old_ip} → {new_ip}
          </span>
        ) : null}
        {describe(entry)}
      </span>
      <span className="col-start-2 text-xs whitespace-nowrap text-muted-foreground sm:col-start-auto sm:text-right">
        <TimeAgo at={timestamp} />
        {by?.kind === 'admin' || by?.kind === 'token' ? (
          <span className="ml-2 sm:ml-0 sm:block" title={by.address ?? undefined}>
            {by.kind === 'admin' ? by.name : t('access.byToken')}
          </span>
        ) : null}
      </span>
    </li>
  )
})
