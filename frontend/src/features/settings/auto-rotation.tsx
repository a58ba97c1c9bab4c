import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'

import type { Settings } from '../../../../backend/src/contract/index.ts'
import { CheckField, Field, Input } from '@/components/ui/field'
import { useFieldMessage } from '@/lib/describe-error'

import { SaveRow } from './save-row'
import { Section } from './section'
import { useSave } from './use-save'

const minMinutes = 2
const maxMinutes = 10_080

/** AutoRotation says when keys rotate by themselves. */
export function AutoRotation({ settings }: { settings: Settings }) {
  const { t } = useTranslation()
  const fieldMessage = useFieldMessage()
  const save = useSave()
  // Only what was touched: the rest follows what others save meanwhile.
  const [draft, setDraft] = useState<Partial<Settings>>({})
  const [typed, setTyped] = useState<string | null>(null)
  const set = (part: Partial<Settings>) => setDraft((before) => ({ ...before, ...part }))
  const { auto_rotate_on_expiration, auto_rotate_interval_enabled, rotate_on_failure } = { ...settings, ...draft }
  const minutes = typed ?? String(settings.auto_rotate_interval_minutes)
  const count = Number(minutes)
  const isGood = /^\d+$/.test(minutes) && count >= minMinutes && count <= maxMinutes
  const isBarred = auto_rotate_interval_enabled && !isGood
  const error = isGood ? fieldMessage(save.error, 'auto_rotate_interval_minutes') : t('settings.intervalRange')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (save.isPending || isBarred) return
    const interval = typed !== null && isGood ? { auto_rotate_interval_minutes: count } : {}
    save.mutate(
      { ...draft, ...interval },
      {
        onSuccess: () => {
          setDraft({})
          setTyped(null)
        },
      },
    )
  }
  const meaning = auto_rotate_interval_enabled
    ? t('settings.meaningTimed', { count: isGood ? count : minMinutes })
    : t(auto_rotate_on_expiration ? 'settings.meaningExpiration' : 'settings.meaningNone')
  const failureMeaning = t(rotate_on_failure ? 'settings.meaningFailure' : 'settings.meaningNoFailure')
  return (
    <Section title={t('settings.autoRotation')}>
      <form onSubmit={submit} className="grid max-w-xl gap-4">
        <CheckField
          label={t('settings.onExpiration')}
          hint={t('settings.onExpirationHint')}
          checked={auto_rotate_on_expiration}
          onChange={(event) => set({ auto_rotate_on_expiration: event.target.checked })}
        />
        <CheckField
          label={t('settings.timed')}
          hint={t('settings.timedHint')}
          checked={auto_rotate_interval_enabled}
          onChange={(event) => set({ auto_rotate_interval_enabled: event.target.checked })}
        />
        <Field
          className="ml-6.5 max-w-60"
          label={t('settings.interval')}
          error={auto_rotate_interval_enabled ? error : null}
        >
          {(control) => (
            <Input
              {...control}
              type="number"
              min={minMinutes}
              max={maxMinutes}
              inputMode="numeric"
              disabled={!auto_rotate_interval_enabled}
              value={minutes}
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
        </Field>
        <CheckField
          label={t('settings.onFailure')}
          hint={t('settings.onFailureHint')}
          checked={rotate_on_failure}
          onChange={(event) => set({ rotate_on_failure: event.target.checked })}
        />
        <p role="status" className="rounded-md bg-muted px-3 py-2 text-sm">
          {isBarred ? null : meaning} {failureMeaning}
        </p>
        <SaveRow save={save} label={t('settings.save')} isToldAtField={error !== null} isBarred={isBarred} />
      </form>
    </Section>
  )
}
