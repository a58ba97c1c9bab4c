import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'

import type { Settings } from '../../../../backend/src/contract/index.ts'
import { systemQuery } from '@/api/queries'
import { Field, Input } from '@/components/ui/field'
import { useFieldMessage } from '@/lib/describe-error'
import { toTypedNumber } from '@/lib/typed-number'

import { SaveRow } from './save-row'
import { Section } from './section'
import { useSave } from './use-save'

/** HealthCheck is how often each key is looked at. */
export function HealthCheck({ settings }: { settings: Settings }) {
  const { t } = useTranslation()
  const fieldMessage = useFieldMessage()
  const save = useSave()
  const { data: system } = useQuery(systemQuery)
  const [typed, setTyped] = useState<string | null>(null)
  const error = fieldMessage(save.error, 'health_check_seconds')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (save.isPending || typed === null) return
    const seconds = typed.trim() === '' ? null : toTypedNumber(typed)
    save.mutate({ health_check_seconds: seconds } as Partial<Settings>, { onSuccess: () => setTyped(null) })
  }
  return (
    <Section title={t('settings.health')} hint={t('settings.healthHint', { url: system?.health_check_url ?? '' })}>
      <form onSubmit={submit} className="grid max-w-xl gap-3">
        <Field
          className="max-w-60"
          label={t('settings.health_check_seconds')}
          hint={t('settings.health_check_seconds_hint', { count: system?.health_check_interval ?? 0 })}
          error={error}
        >
          {(control) => (
            <Input
              {...control}
              inputMode="numeric"
              placeholder={String(system?.health_check_interval ?? '')}
              value={typed ?? settings.health_check_seconds ?? ''}
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
        </Field>
        <SaveRow save={save} label={t('settings.saveHealth')} isToldAtField={error !== null} />
      </form>
    </Section>
  )
}
