/** labelUnder is the one label before the domain in a host name, in lower case; null for any other name. */
export function labelUnder(domain: string, hostName: string): string | null {
  const lower = hostName.toLowerCase().replace(/\.$/, '')
  if (!lower.endsWith(`.${domain}`)) return null
  const label = lower.slice(0, -domain.length - 1)
  return label === '' || label.includes('.') ? null : label
}
