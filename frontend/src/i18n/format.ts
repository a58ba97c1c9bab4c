import { language, type Language } from './index'

const locales: Record<Language, string> = { en: 'en-GB', vi: 'vi-VN' }
const made = new Map<string, unknown>()

/** Intl's objects are dear to make: one for each language and use. */
function cached<T>(use: string, make: (locale: string) => T): T {
  const locale = locales[language.get()]
  const name = `${locale} ${use}`
  const known = made.get(name) as T | undefined
  if (known !== undefined) return known
  const value = make(locale)
  made.set(name, value)
  return value
}

export function formatNumber(value: number): string {
  return cached('number', (locale) => new Intl.NumberFormat(locale, { maximumFractionDigits: 1 })).format(value)
}

/** formatTime is a point in time, exactly, in the viewer's zone. */
export function formatTime(timestamp: string | number): string {
  const format = cached(
    'time',
    (locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' }),
  )
  return format.format(typeof timestamp === 'number' ? timestamp : Date.parse(timestamp))
}

/** formatClock is the time of a day, or with `withDay` of a week. */
export function formatClock(timestamp: number, withDay: boolean): string {
  const day = withDay ? ({ weekday: 'short' } as const) : {}
  const format = cached(
    `clock ${withDay}`,
    (locale) => new Intl.DateTimeFormat(locale, { ...day, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
  )
  return format.format(timestamp)
}

const steps = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const

/** formatAgo is how far away a point in time is: "8 s ago", "in 3 hr.". */
export function formatAgo(timestamp: string, now: number): string {
  const seconds = Math.round((Date.parse(timestamp) - now) / 1000)
  const format = cached('ago', (locale) => new Intl.RelativeTimeFormat(locale, { style: 'narrow', numeric: 'auto' }))
  const [unit, size] = steps.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1]
  return format.format(Math.trunc(seconds / size), unit)
}

/** formatDuration is minutes and seconds as a clock shows them: 12:40, 1:02:05. */
export function formatDuration(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  const rest = two(seconds % 60)
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** formatBytes is a number of bytes in powers of 1,000. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log10(bytes) / 3))
  return `${formatNumber(bytes / 1000 ** power)} ${byteUnits[power]}`
}
