/** describeSeconds writes a duration for people: `42 s`, `12 min 40 s`, `3 h 5 min`. */
export function describeSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** describeTime writes a timestamp for people who may be anywhere: `2026-01-31 08:15 UTC`. */
export function describeTime(timestamp: string): string {
  return `${timestamp.slice(0, 16).replace('T', ' ')} UTC`
}
