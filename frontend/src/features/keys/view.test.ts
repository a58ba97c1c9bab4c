import { describe, expect, it } from 'vitest'

import type { ProxyKeyView } from '../../../../backend/src/contract/index.ts'
import { applyView, readView, writeView } from './view'

const base = { status: 'active', region: 'random', latency_ms: 10, expiration_at: null, kiotproxy_key: 'K1...2' }
const keys = [
  { ...base, id: 1, key_name: 'Shop 10', subdomain: 'proxy10', remote_ip: '1.1.1.1', location: 'Bình Thuận' },
  { ...base, id: 2, key_name: 'shop 2', subdomain: 'proxy2', remote_ip: '2.2.2.2', location: 'Đà Nẵng', region: 'bac' },
  { ...base, id: 3, key_name: 'Other', subdomain: 'proxy3', remote_ip: null, location: null, status: 'expired' },
].map((key) => ({
  ...key,
  endpoint: `${key.subdomain}.example.com:9000`,
  remote_http: null,
})) as unknown as ProxyKeyView[]

const idsOf = (query: string) => applyView(keys, readView(new URLSearchParams(query))).map(({ id }) => id)

describe('a view', () => {
  it.each([
    ['', [2, 3, 1]],
    ['q=SHOP', [2, 1]],
    ['q=binh+thuan', [1]],
    ['q=da+nang', [2]],
    ['q=shop+2.2', [2]],
    ['q=nothing', []],
    ['status=expired', [3]],
    ['region=bac', [2]],
    ['sort=name', [3, 2, 1]],
    ['sort=-name', [1, 2, 3]],
    ['sort=status', [2, 1, 3]],
    ['sort=nonsense&status=nonsense', [2, 3, 1]],
  ])('of %j is %j', (query, ids) => {
    expect(idsOf(query)).toEqual(ids)
  })

  it.each(['', 'q=a', 'q=a&status=active&region=nam&sort=-left', 'sort=-number'])('is written as %j', (query) => {
    expect(writeView(readView(new URLSearchParams(query))).toString()).toBe(query)
  })
})
