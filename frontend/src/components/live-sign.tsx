import { useTranslation } from 'react-i18next'

import { liveStatus } from '@/api/live'
import { cn } from '@/lib/cn'
import { useStore } from '@/lib/store'

/** LiveSign tells whether what is shown follows the server. */
export function LiveSign() {
  const { t } = useTranslation()
  const status = useStore(liveStatus)
  return (
    <span
      role="status"
      title={t(`live.${status}Hint`)}
      className={cn(
        'flex items-center gap-1.5 text-xs whitespace-nowrap',
        status === 'lost' ? 'font-medium text-danger' : 'text-muted-foreground',
      )}
    >
      <span
        aria-hidden
        className={cn(
          'size-2 rounded-full',
          status === 'live' && 'bg-success',
          status === 'connecting' && 'border border-muted-foreground',
          status === 'lost' && 'animate-pulse bg-danger',
        )}
      />
      <span className={status === 'live' ? 'max-sm:sr-only' : ''}>{t(`live.${status}`)}</span>
    </span>
  )
}
