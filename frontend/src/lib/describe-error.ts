import { useTranslation } from 'react-i18next'

import { ApiError } from '@/api/client'

/**
 * useDescribeError gives what turns an error into a sentence for the viewer: in English the server's own, which knows most; in
 * other languages the one for its code.
 */
export function useDescribeError(): (error: unknown) => string {
  const { t, i18n } = useTranslation()
  return (error) => {
    if (!(error instanceof ApiError)) return t('problem.internal_error')
    if (error.code === 'unreachable') return t('problem.unreachable')
    if (i18n.language === 'en') return error.message
    const text = t(`problem.${error.code}`)
    return error.retryAfterSeconds === null ? text : `${text} ${t('problem.retry', { count: error.retryAfterSeconds })}`
  }
}

/** fieldMessage is what the server says of one field; null where it says nothing of it. */
export function fieldMessage(error: unknown, path: string): string | null {
  if (!(error instanceof ApiError)) return null
  return error.fields.find((field) => field.path === path || field.path.startsWith(`${path}.`))?.message ?? null
}
