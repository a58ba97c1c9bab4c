import { useTranslation } from 'react-i18next'

import { Field, Select } from '@/components/ui/field'
import { language, languages } from '@/i18n'
import { useStore } from '@/lib/store'
import { theme, themes } from '@/lib/theme'

import { Section } from './section'

/** Names of languages are written in themselves. */
const languageNames = { en: 'English', vi: 'Tiếng Việt' } as const

/** Appearance is this browser's language and look. */
export function Appearance() {
  const { t } = useTranslation()
  const present = useStore(language)
  const look = useStore(theme)
  return (
    <Section title={t('settings.appearance')} hint={t('settings.appearanceHint')}>
      <div className="grid gap-x-6 gap-y-3 sm:grid-cols-2">
        <Field label={t('settings.language')}>
          {(control) => (
            <Select
              {...control}
              value={present}
              onChange={(event) => language.set(event.target.value as typeof present)}
            >
              {languages.map((choice) => (
                <option key={choice} value={choice} lang={choice}>
                  {languageNames[choice]}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label={t('settings.theme')}>
          {(control) => (
            <Select {...control} value={look} onChange={(event) => theme.set(event.target.value as typeof look)}>
              {themes.map((choice) => (
                <option key={choice} value={choice}>
                  {t(`settings.themes.${choice}`)}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
    </Section>
  )
}
