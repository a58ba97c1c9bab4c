import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'

import type { ProxyKeyView } from '../../../../backend/src/contract/index.ts'
import { useDocumentTop } from '@/lib/document-top'

import { ExitIp, PublicEndpoint, StatusCell } from './cells'
import { RotateButton } from './rotate-button'
import { useOpenDetails } from './row-actions'

const cardHeight = 180

/** KeyCards are the keys where there is no room for a table: endpoint, IP, status, Rotate. */
export function KeyCards({ rows }: { rows: readonly ProxyKeyView[] }) {
  const { t } = useTranslation()
  const openDetails = useOpenDetails()
  const list = useRef<HTMLUListElement>(null)
  const margin = useDocumentTop(list)
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => cardHeight,
    overscan: 4,
    scrollMargin: margin,
    getItemKey: (index) => rows[index]?.id ?? index,
  })
  return (
    <ul ref={list} aria-label={t('keys.title')} className="relative" style={{ height: virtualizer.getTotalSize() }}>
      {virtualizer.getVirtualItems().map(({ index, start }) => {
        const row = rows[index]
        return row === undefined ? null : (
          <li
            key={row.id}
            className="absolute inset-x-0 grid grid-cols-1 content-start gap-1.5 border-b border-border px-4 py-3"
            style={{ top: start - margin, height: cardHeight }}
          >
            <div className="flex items-center justify-between gap-2">
              <button
                type="button"
                className="min-w-0 truncate text-left font-medium underline-offset-4 hover:underline"
                onClick={() => openDetails(row.id)}
              >
                {row.key_name}
              </button>
              <RotateButton row={row} isLarge />
            </div>
            <PublicEndpoint row={row} />
            <ExitIp row={row} />
            <StatusCell row={row} />
          </li>
        )
      })}
    </ul>
  )
}
