import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'

import type { Settings } from '../../../../backend/src/contract/index.ts'
import { CheckField } from '@/components/ui/field'
import { useFieldMessage } from '@/lib/describe-error'

import { SaveRow } from './save-row'
import { Section } from './section'
import { isGoodNumber, timedNames, TimedNumbers, timedRanges, type TimedName } from './timed-numbers'
import { useSave } from './use-save'

/** AutoRotation says when keys rotate by themselves. */
export function AutoRotation({ settings }: { settings: Settings }) {
  const { t } = useTranslation()
  const fieldMessage = useFieldMessage()
  const save = useSave()
  // Only what was touched: the rest follows what others save meanwhile.
  const [draft, setDraft] = useState<Partial<Settings>>({})
  const [typed, setTyped] = useState<Partial<Record<TimedName, string>>>({})
  const set = (part: Partial<Settings>) => setDraft((before) => ({ ...before, ...part }))
  const { auto_rotate_on_expiration, auto_rotate_interval_enabled, rotate_on_failure } = { ...settings, ...draft }
  const textOf = (name: TimedName) => typed[name] ?? String(settings[name])
  const errorOf = (name: TimedName) => fieldMessage(save.error, name)
  const good = timedNames.filter((name) => isGoodNumber(name, textOf(name)))
  const isBarred = auto_rotate_interval_enabled && good.length < timedNames.length
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (save.isPending || isBarred) return
    const numbers = good.filter((name) => typed[name] !== undefined).map((name) => [name, Number(typed[name])] as const)
    save.mutate(
      { ...draft, ...Object.fromEntries(numbers) },
      {
        onSuccess: () => {
          setDraft({})
          setTyped({})
        },
      },
    )
  }
  const minutes = textOf('auto_rotate_interval_minutes')
  const count = isGoodNumber('auto_rotate_interval_minutes', minutes)
    ? Number(minutes)
    : timedRanges.auto_rotate_interval_minutes.min
  const meaning = auto_rotate_interval_enabled
    ? t('settings.meaningTimed', { count })
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
        <TimedNumbers
          settings={settings}
          typed={typed}
          isOn={auto_rotate_interval_enabled}
          errorOf={errorOf}
          onType={(name, text) => setTyped((before) => ({ ...before, [name]: text }))}
        />
        <CheckField
          label={t('settings.onFailure')}
          hint={t('settings.onFailureHint')}
          checked={rotate_on_failure}
          onChange={(event) => set({ rotate_on_failure: event.target.checked })}
        />
        <p role="status" className="rounded-md bg-muted px-3 py-2 text-sm">
          {isBarred ? null : meaning} {failureMeaning}
        </p>
        <SaveRow
          save={save}
          label={t('settings.save')}
          isToldAtField={isBarred || timedNames.some((name) => errorOf(name) !== null)}
          isBarred={isBarred}
        />
      </form>
    </Section>
  )
}
