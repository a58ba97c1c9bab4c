import { useSyncExternalStore } from 'react'

/** From here on there is room for a table. */
const wide = window.matchMedia('(min-width: 768px)')

/** useIsWide tells whether the window has room for a table. */
export function useIsWide(): boolean {
  return useSyncExternalStore(
    (listener) => {
      wide.addEventListener('change', listener)
      return () => wide.removeEventListener('change', listener)
    },
    () => wide.matches,
  )
}
