import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'

import type { Settings } from '../../../../backend/src/contract/index.ts'
import { Button } from '@/components/ui/button'
import { CheckField, Field, Input } from '@/components/ui/field'
import { fieldMessage, useDescribeError } from '@/lib/describe-error'

import { Section } from './section'
import { useSave } from './use-save'

const minMinutes = 2
const maxMinutes = 10_080

/** AutoRotation says when keys rotate by themselves. */
export function AutoRotation({ settings }: { settings: Settings }) {
  const { t } = useTranslation()
  const describe = useDescribeError()
  const save = useSave()
  const [onExpiration, setOnExpiration] = useState(settings.auto_rotate_on_expiration)
  const [isTimed, setIsTimed] = useState(settings.auto_rotate_interval_enabled)
  const [onFailure, setOnFailure] = useState(settings.rotate_on_failure)
  const [minutes, setMinutes] = useState(String(settings.auto_rotate_interval_minutes))
  const count = Number(minutes)
  const isGood = /^\d+$/.test(minutes) && count >= minMinutes && count <= maxMinutes
  const error = isGood ? fieldMessage(save.error, 'auto_rotate_interval_minutes') : t('settings.intervalRange')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (save.isPending || !isGood) return
    save.mutate({
      auto_rotate_on_expiration: onExpiration,
      auto_rotate_interval_enabled: isTimed,
      auto_rotate_interval_minutes: count,
      rotate_on_failure: onFailure,
    })
  }
  const meaning = isTimed
    ? t(onExpiration ? 'settings.meaningBoth' : 'settings.meaningTimed', { count: isGood ? count : minMinutes })
    : t(onExpiration ? 'settings.meaningExpiration' : 'settings.meaningNone')
  return (
    <Section title={t('settings.autoRotation')}>
      <form onSubmit={submit} className="grid max-w-xl gap-4">
        <CheckField
          label={t('settings.onExpiration')}
          hint={t('settings.onExpirationHint')}
          checked={onExpiration}
          onChange={(event) => setOnExpiration(event.target.checked)}
        />
        <CheckField
          label={t('settings.timed')}
          hint={t('settings.timedHint')}
          checked={isTimed}
          onChange={(event) => setIsTimed(event.target.checked)}
        />
        <Field className="ml-6.5 max-w-60" label={t('settings.interval')} error={isTimed ? error : null}>
          {(control) => (
            <Input
              {...control}
              type="number"
              min={minMinutes}
              max={maxMinutes}
              inputMode="numeric"
              disabled={!isTimed}
              value={minutes}
              onChange={(event) => setMinutes(event.target.value)}
            />
          )}
        </Field>
        <CheckField
          label={t('settings.onFailure')}
          hint={t('settings.onFailureHint')}
          checked={onFailure}
          onChange={(event) => setOnFailure(event.target.checked)}
        />
        <p role="status" className="rounded-md bg-muted px-3 py-2 text-sm">
          {meaning}
        </p>
        {save.error && error === null ? (
          <p role="alert" className="text-sm text-danger">
            {describe(save.error)}
          </p>
        ) : null}
        <div>
          <Button type="submit" variant="primary" disabled={save.isPending || (isTimed && !isGood)}>
            {save.isPending ? t('common.saving') : t('settings.save')}
          </Button>
        </div>
      </form>
    </Section>
  )
}
