import { setTimeout as delay } from 'node:timers/promises'

const usualLimitMs = 10_000

/** until waits for a condition and returns what made it true. It fails, naming what was awaited, only after `limitMs` (10 s). */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  limitMs = usualLimitMs,
): Promise<NonNullable<T>> {
  const end = Date.now() + limitMs
  for (;;) {
    const value = await condition()
    if (value !== null && value !== undefined && value !== false) return value
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
    await delay(5)
  }
}
