import { useInfiniteQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'

import { logQuery } from '@/api/queries'
import { ErrorState } from '@/components/state'
import { TimeAgo } from '@/components/time'
import { Button } from '@/components/ui/button'
import { Skeleton } from '@/components/ui/skeleton'
import { cn } from '@/lib/cn'
import { useDescribeEntry } from '@/lib/describe-entry'

interface KeyLogProps {
  id: number
  /** Only this action. */
  action?: 'rotate'
}

/** KeyLog is what was done with one key, as a timeline. */
export function KeyLog({ id, action }: KeyLogProps) {
  const { t } = useTranslation()
  const describe = useDescribeEntry()
  const filter = { proxy_id: String(id), action: action ?? '', status: '', since: '' }
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(logQuery(filter))
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />
  if (!data) return <Skeleton className="h-40" />
  const entries = data.pages.flat()
  if (entries.length === 0) return <p className="text-sm text-muted-foreground">{t('log.empty')}</p>
  return (
    <div className="grid justify-items-start gap-2">
      <ol className="w-full border-l border-border text-sm">
        {entries.map((entry) => (
          <li key={entry.id} className="relative pb-3 pl-4">
            <span
              aria-hidden
              className={cn(
                'absolute top-1.5 -left-1 size-2 rounded-full',
                entry.status === 'success' ? 'bg-muted-foreground' : 'bg-danger',
              )}
            />
            <span className="flex flex-wrap items-baseline gap-x-2">
              <span className="font-medium">{t(`log.actions.${entry.action}`)}</span>
              {entry.reason === null ? null : (
                <span className="text-muted-foreground">{t(`log.reasons.${entry.reason}`)}</span>
              )}
              {entry.status === 'failure' ? <span className="text-danger">{t('log.failure')}</span> : null}
              <span className="ml-auto text-xs text-muted-foreground">
                <TimeAgo at={entry.timestamp} />
              </span>
            </span>
            {entry.old_ip !== null && entry.new_ip !== null ? (
              <span className="block font-mono text-xs">
                {entry.old_ip} → {entry.new_ip}
              </span>
            ) : (
              <span className="block text-muted-foreground">{describe(entry)}</span>
            )}
          </li>
        ))}
      </ol>
      {hasNextPage ? (
        <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t('log.more')}
        </Button>
      ) : null}
    </div>
  )
}
