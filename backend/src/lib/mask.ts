/** maskKey shows the first 8 and the last 6 characters of a provider key, or less of a short one. */
export function maskKey(key: string): string {
  if (key.length <= 20) return `${key.slice(0, 4)}...`
  return `${key.slice(0, 8)}...${key.slice(-6)}`
}
