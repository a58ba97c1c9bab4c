/** toTypedNumber reads a whole number as a person types it; a word goes on as it is: the server knows `never` and says what it refuses. */
export function toTypedNumber(text: string): number | string {
  const trimmed = text.trim().toLowerCase()
  return /^\d{1,9}$/.test(trimmed) ? Number(trimmed) : trimmed
}
