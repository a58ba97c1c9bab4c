import { defaultRangeExtractor, useWindowVirtualizer } from '@tanstack/react-virtual'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { Fragment, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { ProxyKeyView } from '../../../../backend/src/contract/index.ts'
import { cn } from '@/lib/cn'
import { useDocumentTop } from '@/lib/document-top'

import { KeyRow } from './key-row'
import type { Selection } from './selection'
import type { KeyView, Sort } from './view'

const rowHeight = 48
const overscan = 8

interface Column {
  name: 'number' | 'key' | 'upstream' | 'ip' | 'endpoint' | 'status' | 'actions'
  sort: Sort | null
  className: string
}

/** The name of a key gets what is left, at least 9rem: the table is never narrower than that takes. */
const columns: readonly Column[] = [
  { name: 'number', sort: 'number', className: 'w-11 text-right' },
  { name: 'key', sort: 'name', className: '' },
  { name: 'upstream', sort: 'left', className: 'w-[13.25rem] max-xl:hidden' },
  { name: 'ip', sort: 'ip', className: 'w-[9.5rem] 2xl:w-48' },
  { name: 'endpoint', sort: null, className: 'w-52 xl:w-[17.5rem] 2xl:w-80' },
  { name: 'status', sort: 'status', className: 'w-52 2xl:w-64' },
  { name: 'actions', sort: null, className: 'w-[11.75rem]' },
]

interface KeyTableProps {
  rows: readonly ProxyKeyView[]
  view: KeyView
  openId: number | null
  selection: Selection
  onSort: (sort: Sort) => void
}

/** KeyTable draws only the rows in sight: a thousand keys scroll as ten do. */
export function KeyTable({ rows, view, openId, selection, onSort }: KeyTableProps) {
  const { t } = useTranslation()
  const body = useRef<HTMLTableSectionElement>(null)
  const margin = useDocumentTop(body)
  const [focusedId, setFocusedId] = useState<number | null>(null)
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => rowHeight,
    overscan,
    scrollMargin: margin,
    // The row that has the focus stays, wherever one scrolls to.
    rangeExtractor: (range) => {
      const shown = defaultRangeExtractor(range)
      const focused = focusedId === null ? -1 : rows.findIndex(({ id }) => id === focusedId)
      return focused === -1 || shown.includes(focused) ? shown : [...shown, focused].sort((a, b) => a - b)
    },
    getItemKey: (index) => rows[index]?.id ?? index,
  })
  const shown = virtualizer.getVirtualItems()
  const after = virtualizer.getTotalSize() + margin - (shown.at(-1)?.end ?? margin)
  const isAll = rows.length > 0 && rows.every(({ id }) => selection.ids.has(id))
  return (
    <table className="w-full min-w-[61.5rem] table-fixed text-left" aria-rowcount={rows.length + 1}>
      <caption className="sr-only">{t('keys.title')}</caption>
      <thead className="z-10 lg:sticky lg:top-24 bg-background text-xs text-muted-foreground">
        <tr aria-rowindex={1} className="h-8 shadow-[0_1px_0_var(--border)]">
          <th scope="col" className="w-10 pl-4">
            <input
              type="checkbox"
              aria-label={t('keys.selectAll')}
              checked={isAll}
              ref={(box) => {
                if (box) box.indeterminate = !isAll && selection.ids.size > 0
              }}
              className="block size-4 accent-accent"
              onChange={() => selection.set(isAll ? [] : rows.map(({ id }) => id))}
            />
          </th>
          {columns.map((column) => (
            <ColumnHead key={column.name} column={column} view={view} onSort={onSort} />
          ))}
        </tr>
      </thead>
      <tbody
        ref={body}
        onFocus={({ target }) => setFocusedId(Number(target.closest('tr')?.dataset['keyId'] ?? 0) || null)}
        onBlur={({ relatedTarget }) => relatedTarget !== null && setFocusedId(null)}
      >
        {shown.map(({ index, start }, place) => {
          const row = rows[index]
          return row === undefined ? null : (
            <Fragment key={row.id}>
              <Gap height={start - (shown[place - 1]?.end ?? margin)} />
              <KeyRow
                row={row}
                place={index + 1}
                isSelected={selection.ids.has(row.id)}
                isOpen={row.id === openId}
                onSelect={selection.toggle}
              />
            </Fragment>
          )
        })}
        <Gap height={after} />
      </tbody>
    </table>
  )
}

function ColumnHead({ column, view, onSort }: { column: Column } & Pick<KeyTableProps, 'view' | 'onSort'>) {
  const { t } = useTranslation()
  const { name, sort, className } = column
  const label = t(`keys.columns.${name}`)
  const isSorted = sort !== null && view.sort === sort
  const Arrow = view.isDescending ? ArrowDown : ArrowUp
  return (
    <th
      scope="col"
      className={cn('px-2 font-medium', className)}
      {...(isSorted ? { 'aria-sort': view.isDescending ? 'descending' : 'ascending' } : {})}
    >
      {sort === null ? (
        label
      ) : (
        <button
          type="button"
          className="inline-flex items-center gap-1 hover:text-foreground"
          onClick={() => onSort(sort)}
        >
          {label}
          {isSorted ? <Arrow aria-hidden className="size-3" /> : null}
        </button>
      )}
    </th>
  )
}

/** Gap stands for the rows that are not drawn. */
function Gap({ height }: { height: number }) {
  return height <= 0 ? null : (
    <tr aria-hidden>
      <td colSpan={columns.length} style={{ height, padding: 0 }} />
      {/* Of the column that a narrow table has not: without it there would be one more. */}
      <td className="p-0 max-xl:hidden" />
    </tr>
  )
}
