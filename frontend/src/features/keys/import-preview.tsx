import { Check, Minus, X } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import { splitLines } from '../../../../backend/src/contract/patterns.ts'
import type { ImportLine, ImportReply } from '../../../../backend/src/contract/index.ts'
import { FormError } from '@/components/form-error'
import { cn } from '@/lib/cn'
import { useDescribeLine } from '@/lib/describe-error'
import { maskKeys } from '@/lib/provider-key'

const signs = {
  ready: { Icon: Check, className: 'text-success' },
  added: { Icon: Check, className: 'text-success' },
  failed: { Icon: X, className: 'text-danger' },
  skipped: { Icon: Minus, className: 'text-muted-foreground' },
} as const

/** What must be looked at comes first. */
const order = { failed: 0, ready: 1, added: 1, skipped: 2 } as const

interface ImportPreviewProps {
  reply: ImportReply | undefined
  /** Null for none. */
  error: unknown
  text: string
}

/** ImportPreview tells of each line what it was understood as, and whether it can be added or why not. */
export function ImportPreview({ reply, error, text }: ImportPreviewProps) {
  const { t } = useTranslation()
  if (error !== null) return <FormError error={error} />
  if (!reply) return null
  const source = splitLines(text)
  const ready = reply.lines.filter(({ status }) => status === 'ready').length
  const lines = reply.lines
    .map((line, index) => ({ line, index }))
    .toSorted((a, b) => order[a.line.status] - order[b.line.status] || a.index - b.index)
  const wide = 'hidden sm:table-cell'
  return (
    <section aria-label={t('import.preview')} className="grid gap-1">
      <p role="status" className="text-sm font-medium">
        {t('import.summary', { ready, failed: reply.failed, skipped: reply.skipped })}
      </p>
      <div className="max-h-64 overflow-y-auto rounded-md border border-border" tabIndex={0}>
        <table className="w-full table-fixed text-left text-sm">
          <thead className="sticky top-0 bg-muted text-xs text-muted-foreground [&_th]:px-2 [&_th]:py-1 [&_th]:font-medium">
            <tr>
              <th className="w-14">{t('import.columns.line')}</th>
              <th>{t('import.columns.name')}</th>
              <th className={cn(wide, 'w-40')}>{t('import.columns.key')}</th>
              <th className={cn(wide, 'w-24')}>{t('import.columns.region')}</th>
              <th className="w-1/2 sm:w-2/5">{t('import.columns.result')}</th>
            </tr>
          </thead>
          <tbody>
            {lines.map(({ line, index }) => (
              <PreviewRow key={index} line={line} source={source[line.line - 1] ?? ''} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function PreviewRow({ line, source }: { line: ImportLine; source: string }) {
  const { t } = useTranslation()
  const { Icon, className } = signs[line.status]
  const region = line.region === null ? '' : t(`region.${line.region}`)
  const keyAndRegion = [line.key, region].filter(Boolean).join(' · ')
  const masked = maskKeys(source)
  return (
    <tr className="border-t border-border align-top [&_td]:px-2 [&_td]:py-1">
      <td className="text-muted-foreground tabular-nums">
        <span className="flex items-center gap-1.5">
          <Icon aria-label={t(`import.status.${line.status}`)} className={`size-4 shrink-0 ${className}`} />
          {line.line}
        </span>
      </td>
      <td>
        {line.name === null ? (
          <span className="block truncate font-mono text-xs leading-5 text-muted-foreground" title={masked}>
            {line.key === null ? masked : '–'}
          </span>
        ) : (
          <span className="block truncate font-medium" title={line.name}>
            {line.name}
          </span>
        )}
        <span className="block truncate text-xs text-muted-foreground sm:hidden" title={keyAndRegion}>
          {keyAndRegion}
        </span>
      </td>
      <td className="hidden truncate font-mono text-xs leading-5 sm:table-cell" title={line.key ?? undefined}>
        {line.key}
      </td>
      <td className="hidden truncate sm:table-cell" title={region}>
        {region}
      </td>
      <td>
        <Result line={line} />
      </td>
    </tr>
  )
}

function Result({ line }: { line: ImportLine }) {
  const { t } = useTranslation()
  const describeLine = useDescribeLine()
  if (line.status !== 'ready') {
    const isBad = line.status === 'failed'
    return (
      <span className={cn('block text-xs leading-5 break-words', isBad ? 'text-danger' : 'text-muted-foreground')}>
        {describeLine(line)}
      </span>
    )
  }
  return (
    <span className="block font-mono text-xs leading-5 break-all" title={t('import.endpointHint')}>
      {line.endpoint}
    </span>
  )
}
