import { useTranslation } from 'react-i18next'

import type { Settings } from '../../../../backend/src/contract/index.ts'
import { Field, Input } from '@/components/ui/field'

/** timedNames are the numbers that timed rotation goes by. */
export const timedNames = ['auto_rotate_interval_minutes', 'auto_rotate_spacing_seconds'] as const

export type TimedName = (typeof timedNames)[number]

/** timedRanges are the bounds that the server has for them. */
export const timedRanges = {
  auto_rotate_interval_minutes: { min: 2, max: 10_080 },
  auto_rotate_spacing_seconds: { min: 0, max: 3_600 },
} as const satisfies Record<TimedName, { min: number; max: number }>

/** isGoodNumber tells whether what was typed can be saved. */
export function isGoodNumber(name: TimedName, text: string): boolean {
  const { min, max } = timedRanges[name]
  return /^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max
}

interface TimedNumbersProps {
  settings: Settings
  typed: Partial<Record<TimedName, string>>
  isOn: boolean
  /** What the server says of one. */
  errorOf: (name: TimedName) => string | null
  onType: (name: TimedName, text: string) => void
}

/** TimedNumbers are the fields of timed rotation, which count while it is on. */
export function TimedNumbers({ settings, typed, isOn, errorOf, onType }: TimedNumbersProps) {
  const { t } = useTranslation()
  const texts = {
    auto_rotate_interval_minutes: { label: t('settings.interval'), hint: null, range: t('settings.intervalRange') },
    auto_rotate_spacing_seconds: {
      label: t('settings.spacing'),
      hint: t('settings.spacingHint'),
      range: t('settings.spacingRange'),
    },
  }
  return timedNames.map((name) => {
    const value = typed[name] ?? String(settings[name])
    const { label, hint, range } = texts[name]
    const error = isGoodNumber(name, value) ? errorOf(name) : range
    return (
      <Field key={name} className="ml-6.5 max-w-60" label={label} hint={hint} error={isOn ? error : null}>
        {(control) => (
          <Input
            {...control}
            type="number"
            {...timedRanges[name]}
            inputMode="numeric"
            disabled={!isOn}
            value={value}
            onChange={(event) => onType(name, event.target.value)}
          />
        )}
      </Field>
    )
  })
}
