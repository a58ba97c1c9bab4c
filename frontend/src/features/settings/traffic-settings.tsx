import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'

import type { Settings } from '../../../../backend/src/contract/index.ts'
import { Field, Input } from '@/components/ui/field'
import { useFieldMessage } from '@/lib/describe-error'
import { trafficNames } from '@/lib/traffic-names'
import { toTypedNumber } from '@/lib/typed-number'

import { SaveRow } from './save-row'
import { Section } from './section'
import { useSave } from './use-save'

/** TrafficSettings is what becomes of connections when a key rotates. */
export function TrafficSettings({ settings }: { settings: Settings }) {
  const { t } = useTranslation()
  const fieldMessage = useFieldMessage()
  const save = useSave()
  // Only what was touched: the rest follows what others save meanwhile.
  const [draft, setDraft] = useState<Partial<Record<(typeof trafficNames)[number], string>>>({})
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (save.isPending) return
    const change = Object.fromEntries(Object.entries(draft).map(([name, text]) => [name, toTypedNumber(text)]))
    save.mutate(change, { onSuccess: () => setDraft({}) })
  }
  const hasFieldError = trafficNames.some((name) => fieldMessage(save.error, name) !== null)
  return (
    <Section title={t('settings.traffic')} hint={t('settings.trafficHint')}>
      <form onSubmit={submit} className="grid gap-x-6 gap-y-3 sm:grid-cols-2">
        {trafficNames.map((name) => (
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
                inputMode={name === 'drain_seconds' ? 'text' : 'numeric'}
                value={draft[name] ?? String(settings[name])}
                onChange={(event) => setDraft({ ...draft, [name]: event.target.value })}
              />
            )}
          </Field>
        ))}
        <SaveRow save={save} label={t('settings.saveTraffic')} isToldAtField={hasFieldError} />
      </form>
    </Section>
  )
}
