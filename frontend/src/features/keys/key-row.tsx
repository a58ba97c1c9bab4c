import { memo, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'

import type { ProxyKeyView } from '../../../../backend/src/contract/index.ts'
import { cn } from '@/lib/cn'

import { ExitIp, KeyName, PublicEndpoint, StatusCell, UpstreamCell } from './cells'
import { RowActions, useOpenDetails } from './row-actions'
import { numberOf } from './view'

interface KeyRowProps {
  row: ProxyKeyView
  /** Its place among all rows, from 1; the header is the first row. */
  place: number
  isSelected: boolean
  isOpen: boolean
  onSelect: (id: number, isSelected: boolean, isRange: boolean) => void
}

/** KeyRow is one key in the table. Arrow keys move between rows, Enter opens, Space chooses. */
export const KeyRow = memo(function KeyRow({ row, place, isSelected, isOpen, onSelect }: KeyRowProps) {
  const { t } = useTranslation()
  const openDetails = useOpenDetails()
  const onKeyDown = (event: KeyboardEvent<HTMLTableRowElement>) => {
    if (event.target !== event.currentTarget) return
    if (event.key === 'Enter') openDetails(row.id)
    else if (event.key === ' ') onSelect(row.id, !isSelected, event.shiftKey)
    else if (event.key === 'ArrowDown' || event.key === 'j') moveFocus(event.currentTarget, 'nextElementSibling')
    else if (event.key === 'ArrowUp' || event.key === 'k') moveFocus(event.currentTarget, 'previousElementSibling')
    else return
    event.preventDefault()
  }
  return (
    <tr
      tabIndex={0}
      data-key-id={row.id}
      aria-rowindex={place + 1}
      aria-selected={isSelected}
      aria-label={t('keys.rowLabel', { name: row.key_name, status: t(`status.${row.status}`) })}
      className={cn(
        'h-12 scroll-mt-36 scroll-mb-4 border-b border-border -outline-offset-2',
        isSelected ? 'bg-accent-soft/50' : 'hover:bg-surface',
        isOpen && 'bg-muted',
      )}
      onKeyDown={onKeyDown}
    >
      <td className="pl-4">
        <input
          type="checkbox"
          aria-label={t('keys.select', { name: row.key_name })}
          checked={isSelected}
          className="block size-4 accent-accent"
          onChange={() => {}}
          onClick={(event) => onSelect(row.id, !isSelected, event.shiftKey)}
        />
      </td>
      <td className="px-2 text-right text-muted-foreground">{numberOf(row)}</td>
      <td className="px-2">
        <KeyName row={row} />
      </td>
      <td className="px-2 max-xl:hidden">
        <UpstreamCell row={row} />
      </td>
      <td className="px-2">
        <ExitIp row={row} />
      </td>
      <td className="px-2">
        <PublicEndpoint row={row} />
      </td>
      <td className="px-2">
        <StatusCell row={row} />
      </td>
      <td className="px-2">
        <RowActions row={row} />
      </td>
    </tr>
  )
})

/** So often, and so many milliseconds apart, a row that is not drawn yet is looked for. */
const attempts = 20
const attemptMs = 25

function moveFocus(row: Element, direction: 'nextElementSibling' | 'previousElementSibling', left = attempts): void {
  const next = row[direction]
  if (next instanceof HTMLElement && next.dataset['keyId'] !== undefined) {
    next.focus()
    next.scrollIntoView({ block: 'nearest' })
  } else if (next !== null && left > 0) {
    // The row was scrolled away from its neighbours: with it in sight they are drawn.
    row.scrollIntoView({ block: 'center' })
    window.setTimeout(() => moveFocus(row, direction, left - 1), attemptMs)
  }
}
