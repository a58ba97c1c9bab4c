import { describe, expect, it } from 'vitest'

import { parseImport } from './import-lines.ts'

const key = 'K0123456789abcdef0123456789abcdef'

const cases: [line: string, expected: Record<string, unknown>][] = [
  [key, { kind: 'key', request: { kiotproxy_key: key, region: 'nam', allowed_ips: [] } }],
  [`  ${key}  `, { kind: 'key', request: { kiotproxy_key: key } }],
  [`Shop A,${key}`, { kind: 'key', request: { key_name: 'Shop A', kiotproxy_key: key, region: 'nam' } }],
  [`Shop A, ${key}, bac`, { kind: 'key', request: { key_name: 'Shop A', region: 'bac' } }],
  [`Shop A,${key},`, { kind: 'key', request: { key_name: 'Shop A', region: 'nam' } }],
  [`${key},trung`, { kind: 'key', request: { kiotproxy_key: key, region: 'trung' } }],
  [`Shop A\t${key}\tbac`, { kind: 'key', request: { key_name: 'Shop A', kiotproxy_key: key, region: 'bac' } }],
  [`Shop A;${key}`, { kind: 'key', request: { key_name: 'Shop A' } }],
  [`"Shop, ""A""",${key}`, { kind: 'key', request: { key_name: 'Shop, "A"', kiotproxy_key: key } }],
  [`Shop ${key}`, { kind: 'key', request: { key_name: 'Shop', kiotproxy_key: key } }],
  ['', { kind: 'skipped' }],
  ['# note', { kind: 'skipped' }],
  [`A,${key},west`, { kind: 'bad', message: expect.stringMatching(/^The region /) }],
  ['A,short', { kind: 'bad', message: expect.stringMatching(/^The key must be a provider key/) }],
  [`,${key}`, { kind: 'bad', message: expect.stringMatching(/^The name must not be empty/) }],
  [`A,B,${key},nam`, { kind: 'bad', message: expect.stringMatching(/commas/) }],
]

describe('a line of an import', () => {
  it.each(cases)('%j', (line, expected) => {
    expect(parseImport(`${line}\n${key}`, 'nam')[0]).toMatchObject({ line: 1, ...expected })
  })

  it('may end as on Windows, after a byte order mark', () => {
    expect(parseImport(`\uFEFF${key}\r\n${key}\r\n`, 'random').map((line) => line.kind)).toEqual(['key', 'key'])
  })

  it('may be one of a thousand', () => {
    expect(parseImport(`${key}\n`.repeat(1000), 'random')).toHaveLength(1000)
    expect(() => parseImport(`${key}\n`.repeat(1001), 'random')).toThrow(/at most 1000 lines; it has 1001/)
  })
})
