import { useTranslation } from 'react-i18next'

import type { ImportLine } from '../../../backend/src/contract/index.ts'
import { ApiError } from '@/api/client'

/** useServerText chooses between a sentence of the server, which is English, and one of ours for other languages. */
export function useServerText(): (english: string, ours: string) => string {
  const { i18n } = useTranslation()
  return (english, ours) => (i18n.language === 'en' ? english : ours)
}

/**
 * useDescribeError gives what turns an error into a sentence for the viewer: in English the server's own, which knows most; in
 * other languages the one for its code.
 */
export function useDescribeError(): (error: unknown) => string {
  const { t } = useTranslation()
  const choose = useServerText()
  return (error) => {
    if (!(error instanceof ApiError)) return t('problem.internal_error')
    if (error.code === 'unreachable') return t('problem.unreachable')
    const text = t(`problem.${error.code}`)
    const again = error.retryAfterSeconds === null ? '' : ` ${t('problem.retry', { count: error.retryAfterSeconds })}`
    return choose(error.message, text + again)
  }
}

/** useFieldMessage gives what the server says of one field; null where it says nothing of it. */
export function useFieldMessage(): (error: unknown, path: string) => string | null {
  const { t } = useTranslation()
  const choose = useServerText()
  return (error, path) => {
    if (!(error instanceof ApiError)) return null
    const found = error.fields.find((field) => field.path === path || field.path.startsWith(`${path}.`))
    return found === undefined ? null : choose(found.message, t('problem.field', { reason: found.message }))
  }
}

/** useDescribeLine gives what came of a line of an import. */
export function useDescribeLine(): (line: Pick<ImportLine, 'code' | 'message' | 'proxy' | 'reason'>) => string {
  const { t } = useTranslation()
  const choose = useServerText()
  return ({ code, message, proxy, reason }) => {
    if (reason !== null) return choose(message, t(`import.reasons.${reason}`))
    if (code === 'invalid_input') return choose(message, `${t('problem.invalid_input')} (${message})`)
    if (code !== null) return choose(message, t(`problem.${code}`))
    return choose(
      message,
      proxy === null ? '' : [proxy.endpoint, proxy.remote_ip, proxy.location].filter(Boolean).join(' · '),
    )
  }
}
