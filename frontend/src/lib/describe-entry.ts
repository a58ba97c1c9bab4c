import { useTranslation } from 'react-i18next'

import type { LogEntry } from '../../../backend/src/contract/index.ts'
import { describe } from '../../../backend/src/happenings/wording/describe.ts'
import { languages } from '@/i18n'

import { useServerText } from './describe-error'

/**
 * useDescribeEntry gives the text of an entry of the log beside its action, key and IPs: made of its facts, as the server does it.
 * Of entries from before facts were kept there is the server's sentence in English, and in other languages what little is known.
 */
export function useDescribeEntry(): (entry: LogEntry) => string {
  const { t, i18n } = useTranslation()
  const choose = useServerText()
  const language = languages.find((known) => known === i18n.language) ?? 'en'
  return (entry) => {
    if (entry.kind !== null) return describe(language, entry)
    const { action, status, new_ip, message } = entry
    const key = `${action} ${status}` as const
    switch (key) {
      case 'rotate success':
      case 'delete success':
      case 'restart success':
      case 'logout success':
      case 'password success':
        return choose(message, '')
      case 'add success':
        return choose(message, new_ip === null ? '' : t('log.ready', { ip: new_ip }))
      case 'add failure':
        return choose(message, t('log.pending'))
      case 'status success':
        return choose(message, t('log.reachable'))
      case 'status failure':
        return choose(message, t('log.unreachable'))
      case 'login failure':
        return choose(message, t('log.loginFailed'))
      default:
        return message
    }
  }
}
