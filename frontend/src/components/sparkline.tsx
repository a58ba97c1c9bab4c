import { memo } from 'react'
import { useTranslation } from 'react-i18next'

const width = 60
const height = 16
const barWidth = 2
const step = 3
const shown = width / step

/** Sparkline draws the last checks: a bar for each latency, a full one in another colour for a failure. */
export const Sparkline = memo(function Sparkline({ checks }: { checks: readonly (number | null)[] }) {
  const { t } = useTranslation()
  const last = checks.slice(-shown)
  const highest = Math.max(1, ...last.map((latency) => latency ?? 0))
  const failed = last.filter((latency) => latency === null).length
  return (
    <svg
      width={width}
      height={height}
      role="img"
      aria-label={t('status.checks', { count: last.length, failed })}
      className="shrink-0"
    >
      {last.map((latency, index) => {
        const length = latency === null ? height : Math.max(2, (latency / highest) * height)
        const x = (shown - last.length + index) * step
        return (
          <rect
            // The place is the identity of a bar.
            key={x}
            x={x}
            y={height - length}
            width={barWidth}
            height={length}
            className={latency === null ? 'fill-danger' : 'fill-muted-foreground/60'}
          />
        )
      })}
    </svg>
  )
})
