import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import type { Overrides, ProxyKeyView } from '../../../../backend/src/contract/index.ts'
import { keyQuery } from '@/api/queries'
import { CopyButton, CopyEndpoint } from '@/components/copy'
import { EndpointText } from '@/components/endpoint-text'
import { Sparkline } from '@/components/sparkline'
import { Status } from '@/components/status'
import { TimeAgo, TimeLeft } from '@/components/time'
import { Button } from '@/components/ui/button'
import { formatBytes, formatNumber } from '@/i18n/format'

import { useKeyActions, useUnderway } from '../keys/rotate'
import { KeyLog } from './key-log'

/** Overview is everything known of a key. */
export function Overview({ row }: { row: ProxyKeyView }) {
  const { t } = useTranslation()
  const { check } = useKeyActions()
  // Counters change without an event.
  const { data: present = row } = useQuery(keyQuery(row.id))
  const { traffic } = present
  const work = useUnderway(row.id)
  const refused = Object.values(traffic.refused).reduce((sum, count) => sum + count, 0)
  return (
    <div className="grid grid-cols-1 gap-6">
      <dl className="grid text-sm">
        <Fact label={t('details.endpoint')}>
          <EndpointText text={row.endpoint} />
          <CopyEndpoint id={row.id} name={row.endpoint} />
        </Fact>
        <Fact label={t('details.exit')}>
          <span className="font-mono">{row.remote_ip ?? '–'}</span>
          <span className="text-muted-foreground">{row.location}</span>
        </Fact>
        <Fact label={t('details.upstream')}>
          <span className="truncate font-mono" title={row.remote_http ?? undefined}>
            {row.remote_http ?? t('keys.noUpstream')}
          </span>
          {row.remote_http === null ? null : (
            <CopyButton text={row.remote_http} label={t('copy.this', { what: t('details.upstream') })} />
          )}
        </Fact>
        <Fact label="SOCKS5">
          <span className="truncate font-mono">{row.remote_socks5 ?? '–'}</span>
        </Fact>
        <Fact label={t('details.left')}>
          {row.expiration_at === null ? t('keys.noEnd') : <TimeLeft until={row.expiration_at} lifeSeconds={row.ttl} />}
        </Fact>
        <Fact label={t('details.rotated')}>
          {row.last_rotated_at === null ? '–' : <TimeAgo at={row.last_rotated_at} />}
        </Fact>
        <Fact label={t('details.next')}>
          {present.next_rotation_at === null ? t('details.never') : <TimeAgo at={present.next_rotation_at} />}
          {present.next_rotation_reason === null ? null : (
            <span className="text-muted-foreground">{t(`log.reasons.${present.next_rotation_reason}`)}</span>
          )}
        </Fact>
        <Fact label={t('details.check')}>
          <Status status={row.status} />
          <span className="whitespace-nowrap">
            {row.latency_ms === null ? '–' : `${formatNumber(row.latency_ms)} ms`}
          </span>
          <Sparkline checks={row.recent_checks} />
          <Button
            size="sm"
            variant="ghost"
            className="ml-auto"
            aria-disabled={work !== undefined}
            onClick={() => void check(row)}
          >
            {work === 'check' ? t('details.checking') : t('details.checkNow')}
          </Button>
        </Fact>
        <Fact label={t('details.traffic')}>
          {t('details.trafficText', {
            count: traffic.requests,
            up: formatBytes(traffic.bytes_in),
            down: formatBytes(traffic.bytes_out),
          })}
        </Fact>
        <Fact label={t('details.open')}>
          {t('details.openText', {
            connections: formatNumber(traffic.connections),
            tunnels: formatNumber(traffic.tunnels),
            refused: formatNumber(refused),
          })}
        </Fact>
        <Fact label={t('details.region')}>{t(`region.${row.region}`)}</Fact>
        <Fact label={t('details.listener')}>
          {t('details.listenerText', { port: row.port, state: t(`keys.listener.${row.listener}`) })}
        </Fact>
        {row.local_address === null ? null : (
          <Fact label={t('keySettings.localAddress')}>
            <span className="font-mono">{row.local_address}</span>
          </Fact>
        )}
        {row.upstream_protocol === 'http' ? null : <Fact label={t('keySettings.protocol')}>SOCKS5</Fact>}
        {Object.entries(row.overrides).map(([name, value]) => (
          <Fact key={name} label={t(`settings.${name as keyof Overrides}`)}>
            {value}
          </Fact>
        ))}
        <Fact label={t('details.key')}>
          <span className="font-mono">{row.kiotproxy_key}</span>
        </Fact>
        <Fact label={t('details.created')}>
          <TimeAgo at={row.created_at} />
        </Fact>
      </dl>
      <section className="grid gap-2">
        <h3 className="text-sm font-semibold">{t('details.rotations')}</h3>
        <KeyLog id={row.id} action="rotate" />
      </section>
    </div>
  )
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="grid min-h-8 grid-cols-[7.5rem_1fr] items-center gap-2 sm:grid-cols-[8.5rem_1fr] border-b border-border py-0.5">
      <dt className="text-muted-foreground">{label}</dt>
      <dd className="flex min-w-0 flex-wrap items-center gap-x-2 sm:flex-nowrap">{children}</dd>
    </div>
  )
}
