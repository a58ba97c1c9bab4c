import { useQueryClient } from '@tanstack/react-query'
import { Suspense, useEffect } from 'react'
import { useLocation } from 'wouter'

import { keysQuery } from '@/api/queries'
import { lazyPart } from '@/lib/lazy-part'
import { createStore, useStore } from '@/lib/store'

import { openDialog } from './dialogs'

const CommandPalette = lazyPart(async () => (await import('./command-palette')).CommandPalette)

/** isPaletteOpen is set by Ctrl-K and by the button in the header. */
export const isPaletteOpen = createStore(false)

/** Shortcuts: Ctrl-K palette, / search, n new, r rotate the row in focus or the key whose details are open. */
export function Shortcuts() {
  const isOpen = useStore(isPaletteOpen)
  const [location, navigate] = useLocation()
  const client = useQueryClient()
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault()
        return isModalOpen() ? undefined : isPaletteOpen.set(true)
      }
      const isTyping =
        event.target instanceof Element &&
        event.target.closest('input:not([type=checkbox]), textarea, select, [role=menu]')
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey || isModalOpen()) return undefined
      if (event.key === '/') {
        event.preventDefault()
        return focusSearch(() => navigate('/'))
      }
      if (event.key === 'n' && client.getQueryData(keysQuery.queryKey)) {
        event.preventDefault()
        return openDialog.set({ kind: 'add' })
      }
      if (event.key === 'r') rotateButton()?.click()
      return undefined
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [client, location, navigate])
  return isOpen ? (
    <Suspense fallback={null}>
      <CommandPalette onClose={() => isPaletteOpen.set(false)} />
    </Suspense>
  ) : null
}

/** What is open may hold what was typed, or show work that goes on: nothing takes its place. */
function isModalOpen(): boolean {
  return openDialog.get() !== null || document.querySelector('[role=dialog]:not([data-sheet])') !== null
}

function focusSearch(goHome: () => void): void {
  const find = () => document.getElementById('search')
  if (find()) return find()?.focus()
  goHome()
  window.setTimeout(() => find()?.focus(), 50)
  return undefined
}

/** The Rotate button of the row that has the focus, else of the details that are open. */
function rotateButton(): HTMLElement | null {
  const row = document.activeElement?.closest('tr[data-key-id]')
  return (row ?? document.querySelector('[role=dialog]'))?.querySelector<HTMLElement>('[data-action=rotate]') ?? null
}
