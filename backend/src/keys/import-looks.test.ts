import { describe, expect, it } from 'vitest'

import { providerKeyPattern } from '../contract/patterns.ts'
import { parseImport, type ParsedLine } from './import-lines.ts'

const key = 'K0123456789abcdef0123456789abcdef'
const other = 'Kfedcba9876543210fedcba9876543210'
const url = 'https://api.kiotproxy.com/api/v1/proxies/new'

/** Name, region, and number of keys where it is not one; or why there is none. */
function outline(lines: readonly ParsedLine[]): unknown[] {
  return lines.map((line) => {
    if (line.kind !== 'key') return line.reason
    const { key_name = null, kiotproxy_key, region } = line.request
    return kiotproxy_key === key || kiotproxy_key === other ? [key_name, region] : [key_name, region, kiotproxy_key]
  })
}

const parse = (text: string) => outline(parseImport(text, 'random'))

const good: [line: string, name: string | null, region: string][] = [
  [`${key},name`, 'name', 'random'],
  [`Shop A,${key}`, 'Shop A', 'random'],
  [`${key} Shop A`, 'Shop A', 'random'],
  [`Shop A ${key}`, 'Shop A', 'random'],
  [`${key} Shop A bac`, 'Shop A', 'bac'],
  [`Shop A ${key} nam`, 'Shop A', 'nam'],
  [`${key} Anh Nam`, 'Anh Nam', 'random'],
  [`${key} miền Bắc`, null, 'bac'],
  [`bac,${key}`, null, 'bac'],
  [`bac,Shop,${key}`, 'Shop', 'bac'],
  [`${key},nam,Shop`, 'Shop', 'nam'],
  [`Nam,${key},bac`, 'Nam', 'bac'],
  [`Shop A;${key};north`, 'Shop A', 'bac'],
  [`Shop A | ${key} | Miền Bắc`, 'Shop A', 'bac'],
  [`| 1 | Shop A | ${key} | bac |`, 'Shop A', 'bac'],
  [`Shop, A\t${key}\tbac`, 'Shop, A', 'bac'],
  [`A;${key},bac`, 'A', 'bac'],
  [`A,${key};bac`, 'A', 'bac'],
  [`${key},,bac`, null, 'bac'],
  [`"Shop ""A"", B",${key},"Miền Bắc"`, 'Shop "A", B', 'bac'],
  [`"${key}","Shop;A"`, 'Shop;A', 'random'],
  [`Shop "A",${key}`, 'Shop "A"', 'random'],
  [`"Shop,${key}`, '"Shop', 'random'],
  [`"Shop A" ${key}`, 'Shop A', 'random'],
  [`[${key}]`, null, 'random'],
  [`Shop A: ${key}`, 'Shop A', 'random'],
  [`Shop A - ${key}`, 'Shop A', 'random'],
  [`${key}=>Shop A`, 'Shop A', 'random'],
  [`key: ${key}`, null, 'random'],
  [`Tên: Shop A, Key: ${key}, Khu vực: Bắc`, 'Shop A', 'bac'],
  [`name=A; key=${key}; region=nam`, 'A', 'nam'],
  [`{"name":"A","key":"${key}"}`, 'A', 'random'],
  [`${key} (Shop A)`, 'Shop A', 'random'],
  [`Shop (A),${key}`, 'Shop (A)', 'random'],
  [`'Shop A','${key}','bac'`, 'Shop A', 'bac'],
  [`STT: 1, ${key}`, null, 'random'],
  [`${key}\t\tbac`, null, 'bac'],
  [`01. Shop - ${key} - Hà Nội`, 'Shop', 'bac'],
  [`1. ${key}`, null, 'random'],
  [`02) Shop A,${key},nam`, 'Shop A', 'nam'],
  [`(3) ${key}`, null, 'random'],
  [`4,${key},nam`, null, 'nam'],
  [`5\tShop A\t${key}\tHà Nội`, 'Shop A', 'bac'],
  [`- ${key}`, null, 'random'],
  [`1.5 phút,${key}`, '1.5 phút', 'random'],
  [`24/7,${key}`, '24/7', 'random'],
  [`${key} # a note`, null, 'random'],
  [`${key} // a note, with a comma`, null, 'random'],
  [`Shop #1,${key}`, 'Shop #1', 'random'],
  [`${key},Shop #2`, 'Shop #2', 'random'],
  [`${key},"Shop # 2"`, 'Shop # 2', 'random'],
  [`${url}?key=${key}`, null, 'random'],
  [`${url}?key=${key}&region=bac`, null, 'bac'],
  [`${url}?region=trung&key=${key}`, null, 'trung'],
  [`${url}?key=${key}&region=mi%E1%BB%81n+nam`, null, 'nam'],
  [`Shop A,${url}?key=${key}&region=bac`, 'Shop A', 'bac'],
  [`curl "${url}?key=${key}&region=bac"`, null, 'bac'],
  [`$ curl -s '${url}?region=nam&key=${key}' -H 'x: y, z' | jq .`, null, 'nam'],
  [`Shop\u200B A,\uFEFF${key.slice(0, 9)}\u200B${key.slice(9)}`, 'Shop A', 'random'],
  [`Shop\u00A0A\u3000,${key}`, 'Shop A', 'random'],
  [`${'Hà'.normalize('NFD')},${key}`, 'Hà', 'random'],
  [`'=1+1,${key}`, '=1+1', 'random'],
  [`${key},${key}`, null, 'random'],
]

const refused: [line: string, reason: string][] = [
  ['', 'empty'],
  [' \t ', 'empty'],
  [',,,', 'empty'],
  [`# ${key}`, 'comment'],
  [`// ${key}`, 'comment'],
  ['Shop A', 'no_key'],
  ['Shop A,proxy-0001,bac', 'no_key'],
  ['K0123', 'no_key'],
  [`${key}${'0'.repeat(40)}!`, 'no_key'],
  [`Shop A,${key},${other}`, 'several_keys'],
  [`${key},${other},bac`, 'several_keys'],
  ['K0123456...abcdef', 'masked_key'],
  ['Shop A,K0123456…89abcdef,bac', 'masked_key'],
  ['K012...', 'masked_key'],
  ['K0123456********', 'masked_key'],
  ['0123456789abcdef0123456789abcdef', 'account_token'],
  ['Shop A,0123456789abcdef0123456789abcdef', 'account_token'],
  [`Shop A,${key},west`, 'region_unknown'],
  [`${url}?key=${key}&region=west`, 'region_unknown'],
  [`,${key}`, 'name_missing'],
  [`${'x'.repeat(101)},${key}`, 'name_invalid'],
  [`K0123456789abcdef0x,${key}`, 'name_like_key'],
  [`Shop A,${key},bac,more`, 'too_many_fields'],
  [`A,B,${key},nam`, 'too_many_fields'],
  [`${key},${'x'.repeat(2000)}`, 'line_too_long'],
]

describe('a line of an import is told apart by its looks', () => {
  it.each(good)('%s', (line, name, region) => {
    expect(parse(line)).toEqual([[name, region]])
  })

  it.each(refused)('%s is refused', (line, reason) => {
    expect(parse(`${line}\n${key}`)).toEqual([reason, [null, 'random']])
  })

  it('takes a key of another form only where it is the one thing that can be none other', () => {
    expect(parse('Shop A,abcDEF_1234567890,bac')).toEqual([['Shop A', 'bac', 'abcDEF_1234567890']])
    expect(parse('abcDEF_1234567890,zyxWVU_1234567890')).toEqual(['no_key'])
  })

  it.each([`${key},${other}`, `${key} ${other}`, `${key}${other}`, `1. ${key}; ${other}.`])(
    'takes each key of a line that holds keys alone: %s',
    (line) => {
      expect(parseImport(line, 'nam')).toMatchObject([
        { line: 1, request: { kiotproxy_key: key, region: 'nam' } },
        { line: 1, request: { kiotproxy_key: other, region: 'nam' } },
      ])
    },
  )

  it('never takes a name for a key, nor a key for a name', () => {
    for (const [line] of [...good, ...refused]) {
      for (const parsed of parseImport(line, 'random')) {
        if (parsed.kind !== 'key') continue
        expect(parsed.request.kiotproxy_key).toMatch(providerKeyPattern)
        expect(parsed.request.key_name ?? '').not.toContain('K0123456789abcdef')
      }
    }
  })

  it('tells in no message what the key is', () => {
    for (const [line] of refused) {
      for (const parsed of parseImport(line, 'random'))
        expect(JSON.stringify('message' in parsed && parsed.message)).not.toContain(key)
    }
  })
})

describe('the head of a table', () => {
  it.each([
    [`STT,Tên,Key,Khu vực\n1,Shop A,${key},Bắc`, ['header', ['Shop A', 'bac']]],
    [`name,key,region\nnam,${key},\nShop,${other},Huế`, ['header', ['nam', 'random'], ['Shop', 'trung']]],
    [`Khu vực\tKey\tTên\nHà Nội\t${key}\tSài Gòn`, ['header', ['Sài Gòn', 'bac']]],
    [`#,Name,Key\n1,Vinh,${key}`, ['header', ['Vinh', 'random']]],
    [`key\n${key}`, ['header', [null, 'random']]],
    [`STT Tên Key Khu vực\n1 Shop ${key} bac`, ['header', ['1 Shop', 'bac']]],
    [`"Name";"Provider key";"Area"\n"a;b";"${key}";"-"`, ['header', ['a;b', 'random']]],
    [`name,key,region\nShop,${key},west`, ['header', 'region_unknown']],
    [`name,key,region\nShop,K0123456...abcdef,bac`, ['header', 'masked_key']],
    [`name,key,region\nShop,,bac`, ['header', 'no_key']],
    [`name,key,region\n${key},Shop,bac`, ['header', ['Shop', 'bac']]],
    [`name,key\nShop,abc-1234`, ['header', ['Shop', 'random', 'abc-1234']]],
    [`name,key,region\n\nShop,${key}`, ['header', 'empty', ['Shop', 'random']]],
    [`name,key,region,endpoint,port\nShop,${key},nam,proxy1.localhost:9001,9001`, ['header', ['Shop', 'nam']]],
  ])('says what the columns hold: %j', (text, expected) => {
    expect(parse(text)).toEqual(expected)
  })

  it('may have a column for the protocol', () => {
    const text = `name,key,protocol\na,${key},SOCKS5\nb,${other},ftp`

    expect(parseImport(text, 'random').slice(1)).toMatchObject([
      { kind: 'key', request: { upstream_protocol: 'socks5' } },
      { kind: 'bad', reason: 'protocol_unknown' },
    ])
  })
})

it.each(['\n', '\r\n', '\r', '\u2028', '\u2029'])('lines may end with %j', (end) => {
  expect(parse(`\uFEFFA,${key}${end}${other} B${end}`)).toEqual([
    ['A', 'random'],
    ['B', 'random'],
  ])
})

it.each([
  '"a',
  ' ',
  '-',
  'K',
  '1',
  '(K0a',
  ',;|\t',
  '"',
  'a ',
  '1-',
  'name: ',
  '{',
  '#',
  '\u0301',
  'x?key=K0123456789abcdef0&',
])('a megabyte of %j is read in no time', (piece) => {
  const line = piece.repeat(Math.floor(2000 / piece.length))
  const text = `x${line.slice(2)}x\n`.repeat(500)

  const startedAt = performance.now()
  parseImport(text, 'random')
  expect(performance.now() - startedAt).toBeLessThan(3_000)
})
