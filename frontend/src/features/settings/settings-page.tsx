import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'

import { settingsQuery } from '@/api/queries'
import { ErrorState } from '@/components/state'
import { Skeleton } from '@/components/ui/skeleton'

import { Account } from './account'
import { Appearance } from './appearance'
import { AutoRotation } from './auto-rotation'
import { HealthCheck } from './health-check'
import { PublicHost } from './public-host'
import { TrafficSettings } from './traffic-settings'

/** SettingsPage is what holds for all keys, and what is the viewer's own. */
export function SettingsPage() {
  const { t } = useTranslation()
  const { data, error, refetch } = useQuery(settingsQuery)
  return (
    <div className="mx-auto grid w-full max-w-3xl gap-8 px-4 py-4">
      <h1 className="text-base font-semibold">{t('settings.title')}</h1>
      {error && !data ? <ErrorState error={error} onRetry={() => void refetch()} /> : null}
      {!error && !data ? <Skeleton className="h-72" /> : null}
      {data ? (
        <>
          <AutoRotation settings={data} />
          <HealthCheck settings={data} />
          <TrafficSettings settings={data} />
          <PublicHost settings={data} />
        </>
      ) : null}
      <Appearance />
      <Account />
    </div>
  )
}
