import { keyStatuses, regions } from '../../../../backend/src/contract/choices.ts'
import type { KeyStatus, ProxyKeyView, Region } from '../../../../backend/src/contract/index.ts'

const sorts = ['number', 'name', 'left', 'ip', 'status'] as const
export type Sort = (typeof sorts)[number]

/** KeyView is which keys are shown, in which order. */
export interface KeyView {
  search: string
  status: KeyStatus | ''
  region: Region | ''
  sort: Sort
  isDescending: boolean
}

/** readView takes a view from the URL; what it does not know counts as not given. */
export function readView(parameters: URLSearchParams): KeyView {
  const sort = parameters.get('sort') ?? ''
  return {
    search: parameters.get('q') ?? '',
    status: keyStatuses.find((status) => status === parameters.get('status')) ?? '',
    region: regions.find((region) => region === parameters.get('region')) ?? '',
    sort: sorts.find((known) => known === sort.replace('-', '')) ?? 'number',
    isDescending: sort.startsWith('-'),
  }
}

/** writeView is the other way round; what is as usual is left out. */
export function writeView({ search, status, region, sort, isDescending }: KeyView): URLSearchParams {
  const order = `${isDescending ? '-' : ''}${sort}`
  const all = { q: search, status, region, sort: order === 'number' ? '' : order }
  return new URLSearchParams(Object.entries(all).filter(([, value]) => value !== ''))
}

/** numberOf is the number in the name of an endpoint: proxy3 is 3. */
export function numberOf({ subdomain }: Pick<ProxyKeyView, 'subdomain'>): number {
  return Number(subdomain.replace(/^\D+/, ''))
}

/** applyView picks and orders the keys of a view. Ties keep the order of their numbers. */
export function applyView(keys: readonly ProxyKeyView[], view: KeyView): ProxyKeyView[] {
  const words = fold(view.search).split(/\s+/).filter(Boolean)
  const picked = keys.filter(
    (key) =>
      (view.status === '' || key.status === view.status) &&
      (view.region === '' || key.region === view.region) &&
      (words.length === 0 || hasWords(key, words)),
  )
  const compare = orders[view.sort]
  const sign = view.isDescending ? -1 : 1
  return picked.sort((a, b) => sign * compare(a, b) || numberOf(a) - numberOf(b))
}

/** One for all: they are dear to make. Numbers in names count as numbers. */
const collator = new Intl.Collator('vi', { numeric: true, sensitivity: 'base' })

const orders: Record<Sort, (a: ProxyKeyView, b: ProxyKeyView) => number> = {
  number: (a, b) => numberOf(a) - numberOf(b),
  name: (a, b) => collator.compare(a.key_name, b.key_name),
  left: (a, b) => collator.compare(a.expiration_at ?? '9', b.expiration_at ?? '9'),
  ip: (a, b) =>
    collator.compare(a.location ?? '', b.location ?? '') || collator.compare(a.remote_ip ?? '', b.remote_ip ?? ''),
  status: (a, b) =>
    keyStatuses.indexOf(a.status) - keyStatuses.indexOf(b.status) ||
    (a.latency_ms ?? Infinity) - (b.latency_ms ?? Infinity) ||
    0,
}

/** What a region is called, in either language. */
const regionWords: Record<Region, string> = { random: '', bac: 'bắc north', trung: 'trung central', nam: 'nam south' }

export function hasWords(key: ProxyKeyView, words: readonly string[]): boolean {
  const { key_name, kiotproxy_key, endpoint, remote_http, remote_ip, location, region } = key
  const text = fold(
    [key_name, kiotproxy_key, endpoint, remote_http, remote_ip, location, regionWords[region]].join(' '),
  )
  return words.every((word) => text.includes(word))
}

/** Small letters without accents: who types `binh thuan` finds Bình Thuận. */
export function fold(text: string): string {
  return text.toLowerCase().normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll('đ', 'd')
}
