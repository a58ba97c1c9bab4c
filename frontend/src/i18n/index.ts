import { createInstance } from 'i18next'
import { initReactI18next } from 'react-i18next'

import { createStored } from '@/lib/stored'

import { en } from './en'
import { vi } from './vi'

export const languages = ['en', 'vi'] as const
export type Language = (typeof languages)[number]

const preferred = navigator.languages.find((tag) => languages.some((language) => tag.startsWith(language)))

/** language is the one chosen, else the first of the browser's that there is. */
export const language = createStored<Language>('language', languages, preferred?.startsWith('vi') ? 'vi' : 'en')

const i18n = createInstance()

void i18n.use(initReactI18next).init({
  resources: { en: { translation: en }, vi: { translation: vi } },
  lng: language.get(),
  fallbackLng: 'en',
  initAsync: false,
  // Names of formats hold colons.
  nsSeparator: false,
  interpolation: { escapeValue: false },
})

document.documentElement.lang = language.get()
language.subscribe(() => {
  document.documentElement.lang = language.get()
  void i18n.changeLanguage(language.get())
})

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation'
    resources: { translation: typeof en }
  }
}
