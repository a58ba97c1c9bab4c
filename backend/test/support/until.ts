import { setTimeout as delay } from 'node:timers/promises'

const limitMs = 10_000

/** until waits for a condition and returns what made it true. It fails, naming what was awaited, only after 10 s. */
export async function until<T>(what: string, condition: () => T | Promise<T>): Promise<NonNullable<T>> {
  const end = Date.now() + limitMs
  for (;;) {
    const value = await condition()
    if (value !== null && value !== undefined && value !== false) return value
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
    await delay(5)
  }
}
