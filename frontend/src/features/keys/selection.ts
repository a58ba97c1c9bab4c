import { useCallback, useMemo, useRef, useState } from 'react'

import type { ProxyKeyView } from '../../../../backend/src/contract/index.ts'

/** Selection is the rows chosen for work on many at once. */
export interface Selection {
  ids: ReadonlySet<number>
  keys: readonly ProxyKeyView[]
  set: (ids: readonly number[]) => void
  /** With `isRange` it takes the rows between this one and the last one along. */
  toggle: (id: number, isSelected: boolean, isRange: boolean) => void
}

/** useSelection keeps a selection among the rows shown: what is filtered away or deleted is no longer chosen. */
export function useSelection(rows: readonly ProxyKeyView[]): Selection {
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set())
  const last = useRef<number | null>(null)
  const shown = useRef(rows)
  shown.current = rows
  const toggle = useCallback((id: number, isSelected: boolean, isRange: boolean) => {
    const order = shown.current.map((row) => row.id)
    const from = isRange && last.current !== null ? order.indexOf(last.current) : -1
    const to = order.indexOf(id)
    const ids = from === -1 ? [id] : order.slice(Math.min(from, to), Math.max(from, to) + 1)
    last.current = id
    setChosen((before) => {
      const next = new Set(before)
      for (const each of ids) {
        if (isSelected) next.add(each)
        else next.delete(each)
      }
      return next
    })
  }, [])
  const keys = useMemo(() => (chosen.size === 0 ? [] : rows.filter(({ id }) => chosen.has(id))), [rows, chosen])
  const ids = useMemo(() => new Set(keys.map(({ id }) => id)), [keys])
  return { ids, keys, set: (next) => setChosen(new Set(next)), toggle }
}
