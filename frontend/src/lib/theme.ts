import { createStored } from './stored'

export const themes = ['system', 'light', 'dark'] as const

/** theme is the look that was chosen; `public/theme.js` reads it before the first paint. */
export const theme = createStored('theme', themes, 'system')

const dark = window.matchMedia('(prefers-color-scheme: dark)')

/** isDark tells how the page looks now. */
export function isDark(): boolean {
  return theme.get() === 'dark' || (theme.get() === 'system' && dark.matches)
}

/** followTheme keeps the page in the look that was chosen. */
export function followTheme(): void {
  const apply = () => document.documentElement.classList.toggle('dark', isDark())
  theme.subscribe(apply)
  dark.addEventListener('change', apply)
  apply()
}
