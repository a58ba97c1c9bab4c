import { useTranslation } from 'react-i18next'

import { formatAgo, formatDuration, formatTime } from '@/i18n/format'
import { useSecondsUntil, useTicking } from '@/lib/now'

/** TimeAgo is how long ago something was, with the exact time on hover. */
export function TimeAgo({ at }: { at: string }) {
  // Follows the language, which formatAgo reads by itself.
  useTranslation()
  const text = useTicking((now) => formatAgo(at, now))
  return (
    <time dateTime={at} title={formatTime(at)}>
      {text}
    </time>
  )
}

/** TimeLeft shows how much of an upstream's life is left: a thin bar and a countdown. */
export function TimeLeft({ until, lifeSeconds }: { until: string; lifeSeconds: number | null }) {
  const { t } = useTranslation()
  const seconds = useSecondsUntil(until) ?? 0
  const share = lifeSeconds === null || lifeSeconds <= 0 ? null : Math.min(1, seconds / lifeSeconds)
  return (
    <span className="flex items-center gap-2 text-xs text-muted-foreground" title={formatTime(until)}>
      {share === null ? null : (
        <span aria-hidden className="h-1 w-16 overflow-hidden rounded-full bg-muted">
          <span className="block h-full bg-muted-foreground/70" style={{ width: `${share * 100}%` }} />
        </span>
      )}
      <span className="whitespace-nowrap">
        {seconds === 0 ? t('status.ended') : t('keys.timeLeft', { time: formatDuration(seconds) })}
      </span>
    </span>
  )
}
