import type { Context } from 'hono'

import { languages, type Language, type LogEntry } from '../contract/index.ts'
import { describe } from '../happenings/wording/describe.ts'
import { chooseLanguage } from '../lib/accept-language.ts'
import type { ApiEnv } from './env.ts'

/** languageOf is the language that a request asks for; the answer says which one it got, so that no cache mixes them. */
export function languageOf(c: Context<ApiEnv>, wished?: Language): Language {
  const language = wished ?? chooseLanguage(c.req.header('accept-language'), languages)
  c.header('Content-Language', language)
  c.header('Vary', 'Accept-Language', { append: true })
  return language
}

/** speak tells an entry of the log in a language. One from before facts were kept has an English sentence only. */
export function speak(entry: LogEntry, language: Language): LogEntry {
  return entry.kind === null || language === 'en' ? entry : { ...entry, message: describe(language, entry) }
}
