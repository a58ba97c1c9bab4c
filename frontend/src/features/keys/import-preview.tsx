import { Check, Minus, X } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import type { ImportReply } from '../../../../backend/src/contract/index.ts'
import { useDescribeError, useDescribeLine } from '@/lib/describe-error'

const signs = {
  ready: { Icon: Check, className: 'text-success' },
  added: { Icon: Check, className: 'text-success' },
  failed: { Icon: X, className: 'text-danger' },
  skipped: { Icon: Minus, className: 'text-muted-foreground' },
} as const

interface ImportPreviewProps {
  reply: ImportReply | undefined
  error: unknown
  text: string
}

/** ImportPreview tells of each line whether it can be added, or why not. */
export function ImportPreview({ reply, error, text }: ImportPreviewProps) {
  const { t } = useTranslation()
  const describe = useDescribeError()
  const describeLine = useDescribeLine()
  if (error) {
    return (
      <p role="alert" className="text-sm text-danger">
        {describe(error)}
      </p>
    )
  }
  if (!reply) return null
  const source = text.split(/\r\n|\n|\r/)
  const ready = reply.lines.filter(({ status }) => status === 'ready').length
  return (
    <section aria-label={t('import.preview')} className="grid gap-1">
      <p role="status" className="text-sm font-medium">
        {t('import.summary', { ready, failed: reply.failed, skipped: reply.skipped })}
      </p>
      <ol className="max-h-56 overflow-y-auto rounded-md border border-border text-sm" tabIndex={0}>
        {reply.lines.map((line) => {
          const { Icon, className } = signs[line.status]
          return (
            <li
              key={line.line}
              className="grid grid-cols-[2.5rem_1rem_1fr] items-center gap-2 border-b border-border px-2 py-1 last:border-0"
            >
              <span className="text-right text-muted-foreground">{line.line}</span>
              <Icon aria-label={t(`import.status.${line.status}`)} className={`size-4 ${className}`} />
              <span className="min-w-0">
                <span className="block truncate font-mono text-xs">{source[line.line - 1]}</span>
                {line.status === 'failed' ? (
                  <span className="block text-xs text-danger">{describeLine(line)}</span>
                ) : null}
              </span>
            </li>
          )
        })}
      </ol>
    </section>
  )
}
