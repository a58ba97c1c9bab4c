import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'

import type { Settings } from '../../../../backend/src/contract/index.ts'
import { systemQuery } from '@/api/queries'
import { Button } from '@/components/ui/button'
import { Field, Input } from '@/components/ui/field'
import { fieldMessage, useDescribeError } from '@/lib/describe-error'

import { Section } from './section'
import { useSave } from './use-save'

const names = ['drain_seconds', 'idle_drain_ms', 'hold_seconds', 'tunnel_idle_minutes'] as const

/** TrafficSettings is what becomes of connections when a key rotates; and how the health check is set. */
export function TrafficSettings({ settings }: { settings: Settings }) {
  const { t } = useTranslation()
  const describe = useDescribeError()
  const save = useSave()
  const { data: system } = useQuery(systemQuery)
  const [draft, setDraft] = useState(() => ({
    drain_seconds: String(settings.drain_seconds),
    idle_drain_ms: String(settings.idle_drain_ms),
    hold_seconds: String(settings.hold_seconds),
    tunnel_idle_minutes: String(settings.tunnel_idle_minutes),
  }))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (save.isPending) return
    const drain = draft.drain_seconds.trim()
    save.mutate({
      drain_seconds: drain === 'never' ? 'never' : Number(drain),
      idle_drain_ms: Number(draft.idle_drain_ms),
      hold_seconds: Number(draft.hold_seconds),
      tunnel_idle_minutes: Number(draft.tunnel_idle_minutes),
    })
  }
  const hasFieldError = names.some((name) => fieldMessage(save.error, name) !== null)
  return (
    <Section title={t('settings.traffic')} hint={t('settings.trafficHint')}>
      <form onSubmit={submit} className="grid gap-x-6 gap-y-2 sm:grid-cols-2">
        {names.map((name) => (
          <Field
            key={name}
            label={t(`settings.${name}`)}
            hint={t(`settings.${name}_hint`)}
            error={fieldMessage(save.error, name)}
          >
            {(control) => (
              <Input
                {...control}
                required
                inputMode="numeric"
                value={draft[name]}
                onChange={(event) => setDraft({ ...draft, [name]: event.target.value })}
              />
            )}
          </Field>
        ))}
        {save.error && !hasFieldError ? (
          <p role="alert" className="text-sm text-danger sm:col-span-2">
            {describe(save.error)}
          </p>
        ) : null}
        <div>
          <Button type="submit" variant="primary" disabled={save.isPending}>
            {save.isPending ? t('common.saving') : t('settings.saveTraffic')}
          </Button>
        </div>
      </form>
      {system ? (
        <p className="text-sm text-muted-foreground">
          {t('settings.healthCheck', { count: system.health_check_interval, url: system.health_check_url })}
        </p>
      ) : null}
    </Section>
  )
}
