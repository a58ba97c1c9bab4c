/** SiteRefusal is why the site turned a request of a stranger away. It is named where that is decided. */
export type SiteRefusal = (typeof siteRefusals)[number]

const siteRefusals = [
  'unknown_name',
  'body_too_large',
  'body_too_slow',
  'cross_site',
  'credentials',
  'too_many_attempts',
  'address_taken',
  'too_many_addresses',
] as const

/** SiteRefusals counts them since the start. */
export class SiteRefusals {
  readonly #counts = Object.fromEntries(siteRefusals.map((reason) => [reason, 0])) as Record<SiteRefusal, number>

  count(reason: SiteRefusal): void {
    this.#counts[reason] += 1
  }

  read(): Readonly<Record<SiteRefusal, number>> {
    return { ...this.#counts }
  }
}
