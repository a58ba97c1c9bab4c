import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { toast } from 'sonner'

import { endSession } from '@/api/actions'
import { meQuery, sessionsQuery } from '@/api/queries'
import { ConfirmDialog } from '@/components/confirm-dialog'
import { ErrorState } from '@/components/state'
import { TimeAgo } from '@/components/time'
import { Button } from '@/components/ui/button'
import { Skeleton } from '@/components/ui/skeleton'
import { useDescribeError } from '@/lib/describe-error'

import { openDialog } from '../dialogs'
import { describeDevice } from './device'
import { Section } from './section'

/** Account is the admin's password and the places where he is signed in. */
export function Account() {
  const { t } = useTranslation()
  const { data: me } = useQuery(meQuery)
  return (
    <Section title={t('account.title')} hint={me ? t('account.signedInAs', { name: me.username }) : undefined}>
      <div>
        <Button onClick={() => openDialog.set({ kind: 'password', isOffer: false })}>
          {t('account.changePassword')}
        </Button>
      </div>
      <h3 className="text-sm font-semibold">{t('account.sessions')}</h3>
      <SessionList />
    </Section>
  )
}

function SessionList() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const describe = useDescribeError()
  const [asked, setAsked] = useState<{ id: string; name: string } | null>(null)
  const { data, error, refetch } = useQuery(sessionsQuery)
  const end = useMutation({
    mutationFn: endSession,
    onError: (failure) => toast.error(describe(failure)),
    onSettled: () => {
      setAsked(null)
      return client.invalidateQueries({ queryKey: sessionsQuery.queryKey })
    },
  })
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />
  if (!data) return <Skeleton className="h-24" />
  return (
    <>
      <ul className="text-sm">
        {data.map(({ id, address, user_agent, last_used_at, is_current }) => {
          const device = describeDevice(user_agent) ?? t('account.program')
          return (
            <li
              key={id}
              className="grid grid-cols-[1fr_auto] items-center gap-x-4 border-b border-border py-2 sm:grid-cols-[1fr_10rem_8rem_6rem]"
            >
              <span className="min-w-0 truncate font-medium max-sm:col-start-1 max-sm:row-start-1" title={user_agent}>
                {device}
              </span>
              <span className="truncate font-mono text-muted-foreground max-sm:row-start-2" title={address}>
                {address}
              </span>
              <span className="text-muted-foreground max-sm:row-start-2 max-sm:text-right">
                {is_current ? t('account.thisSession') : <TimeAgo at={last_used_at} />}
              </span>
              <span className="text-right max-sm:col-start-2 max-sm:row-start-1">
                {is_current ? null : (
                  <Button
                    size="sm"
                    disabled={end.isPending}
                    aria-label={t('account.endNamed', { device, address })}
                    onClick={() => setAsked({ id, name: `${device}, ${address}` })}
                  >
                    {t('account.end')}
                  </Button>
                )}
              </span>
            </li>
          )
        })}
      </ul>
      {asked === null ? null : (
        <ConfirmDialog
          title={t('account.endAsk', { name: asked.name })}
          description={t('account.endHint')}
          action={t('account.end')}
          isRunning={end.isPending}
          onConfirm={() => end.mutate(asked.id)}
          onClose={() => setAsked(null)}
        />
      )}
    </>
  )
}
