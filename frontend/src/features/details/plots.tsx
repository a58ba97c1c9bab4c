import { useQuery } from '@tanstack/react-query'
import { memo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Area, AreaChart, CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'

import type { SeriesPoint, SeriesRange } from '../../../../backend/src/contract/index.ts'
import { seriesQuery } from '@/api/queries'
import { ErrorState } from '@/components/state'
import { Button } from '@/components/ui/button'
import { Skeleton } from '@/components/ui/skeleton'
import { formatBytes, formatClock, formatNumber, formatTime } from '@/i18n/format'

const ranges = ['hour', 'day', 'week'] as const satisfies readonly SeriesRange[]
const height = 150
const margin = { top: 6, right: 4, bottom: 0, left: 0 }
const axis = { tick: { fontSize: 11, fill: 'var(--muted-foreground)' }, tickLine: false, axisLine: false } as const

/** Plots draw latency and traffic of one key over an hour, a day or a week. */
export const Plots = memo(function Plots({ id }: { id: number }) {
  const { t } = useTranslation()
  const [range, setRange] = useState<SeriesRange>('hour')
  const { data, error, refetch } = useQuery(seriesQuery(id, range))
  return (
    <div className="grid gap-4">
      <div role="group" aria-label={t('plots.range')} className="flex gap-1">
        {ranges.map((choice) => (
          <Button
            key={choice}
            size="sm"
            variant={choice === range ? 'outline' : 'ghost'}
            aria-pressed={choice === range}
            onClick={() => setRange(choice)}
          >
            {t(`plots.ranges.${choice}`)}
          </Button>
        ))}
      </div>
      {error ? <ErrorState error={error} onRetry={() => void refetch()} /> : null}
      {data ? <Both points={data.points} range={range} /> : error ? null : <Skeleton className="h-80" />}
    </div>
  )
})

function Both({ points, range }: { points: SeriesPoint[]; range: SeriesRange }) {
  const { t } = useTranslation()
  const rows = points.map((point) => ({
    ...point,
    time: Date.parse(point.at),
    bytes: point.bytes_in + point.bytes_out,
  }))
  const latencies = points.flatMap(({ latency_ms }) => (latency_ms === null ? [] : [latency_ms]))
  const average = latencies.length === 0 ? null : latencies.reduce((sum, value) => sum + value, 0) / latencies.length
  const sum = (field: 'requests' | 'bytes_in' | 'bytes_out' | 'failed_checks') =>
    points.reduce((total, point) => total + point[field], 0)
  const time = (
    <XAxis
      {...axis}
      dataKey="time"
      type="number"
      domain={['dataMin', 'dataMax']}
      minTickGap={40}
      tickFormatter={(value: number) => formatClock(value, range === 'week')}
    />
  )
  const grid = <CartesianGrid stroke="var(--border)" vertical={false} />
  const tip = (name: string, format: (value: number) => string) => (
    <Tooltip
      isAnimationActive={false}
      contentStyle={{ background: 'var(--popover)', border: '1px solid var(--border)', borderRadius: 6, fontSize: 12 }}
      labelFormatter={(value) => formatTime(Number(value))}
      formatter={(value) => [format(Number(value)), name]}
    />
  )
  return (
    <>
      <figure className="grid gap-1">
        <figcaption className="flex justify-between text-sm">
          <span className="font-semibold">{t('plots.latency')}</span>
          <span className="text-muted-foreground">
            {average === null
              ? t('plots.noChecks')
              : t('plots.latencySummary', { ms: formatNumber(Math.round(average)), count: sum('failed_checks') })}
          </span>
        </figcaption>
        <ResponsiveContainer width="100%" height={height}>
          <LineChart data={rows} margin={margin} accessibilityLayer={false}>
            {grid}
            {time}
            <YAxis {...axis} width={52} tickFormatter={(value: number) => `${formatNumber(value)} ms`} />
            {tip(t('plots.latency'), (value) => `${formatNumber(value)} ms`)}
            <Line
              dataKey="latency_ms"
              stroke="var(--accent)"
              strokeWidth={1.5}
              dot={range === 'hour' ? { r: 1.5, fill: 'var(--accent)' } : false}
              isAnimationActive={false}
            />
          </LineChart>
        </ResponsiveContainer>
      </figure>
      <figure className="grid gap-1">
        <figcaption className="flex justify-between text-sm">
          <span className="font-semibold">{t('plots.traffic')}</span>
          <span className="text-muted-foreground">
            {t('plots.trafficSummary', {
              count: sum('requests'),
              up: formatBytes(sum('bytes_in')),
              down: formatBytes(sum('bytes_out')),
            })}
          </span>
        </figcaption>
        <ResponsiveContainer width="100%" height={height}>
          <AreaChart data={rows} margin={margin} accessibilityLayer={false}>
            {grid}
            {time}
            <YAxis {...axis} width={52} tickFormatter={(value: number) => formatBytes(value)} />
            {tip(t('plots.traffic'), formatBytes)}
            <Area
              dataKey="bytes"
              type="step"
              stroke="var(--accent)"
              fill="var(--accent-soft)"
              strokeWidth={1.5}
              isAnimationActive={false}
            />
          </AreaChart>
        </ResponsiveContainer>
      </figure>
    </>
  )
}
