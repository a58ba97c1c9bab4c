import { describe, expect, it } from 'vitest'

import { addProxyRequest, updateProxyRequest } from './api.ts'
import { cleanProviderKey, dropInvisible, findProviderKeys, looksLikeKey, splitLines } from './patterns.ts'

const a = 'K0123456789abcdef0123456789abcdef'
const b = 'Kfedcba9876543210fedcba9876543210'
const token = a.slice(1)

describe('a key that is added', () => {
  it.each([
    ['as it is', a, a],
    ['with blanks around it', `  ${a}\n`, a],
    ['broken over lines', `${a.slice(0, 12)}\r\n${a.slice(12)}`, a],
    ['with unseen blanks in it', `\uFEFF${a.slice(0, 9)}\u200B${a.slice(9)}\u00A0`, a],
    ['of another form', 'abc-def_123', 'abc-def_123'],
    ['of the longest form', `K${'0'.repeat(64)}`, `K${'0'.repeat(64)}`],
  ])('is taken %s', (_, text, key) => {
    expect(addProxyRequest.parse({ kiotproxy_key: text }).kiotproxy_key).toBe(key)
    expect(updateProxyRequest.parse({ kiotproxy_key: text }).kiotproxy_key).toBe(key)
  })

  it.each([
    ['two keys with a blank', `${a} ${b}`, /several keys.*import/],
    ['two keys on two lines', `${a}\r\n${b}`, /several keys.*import/],
    ['two keys with nothing between them', a + b, /several keys.*import/],
    ['two keys with only an unseen blank between them', `${a}\u200B${b}`, /several keys.*import/],
    ['the same key twice', `${a}\n${a}`, /several keys.*import/],
    ['two short keys', `K${'0'.repeat(16)} K${'1'.repeat(16)}`, /several keys.*import/],
    ['a key and one that lost its K', `${a}\n${token}`, /key alone.*import/],
    ['two keys and commas', `${a}, ${b}`, /several keys.*import/],
    ['a name and a key', `Shop A ${a}`, /key alone/],
    ['a key and a name', `${a} Shop`, /key alone/],
    ['words', 'abcdef ghijkl', /key alone/],
    ['too little', 'K 12', /key alone|8 to 128/],
  ])('is refused as %s, with what to do', (_, text, message) => {
    for (const schema of [addProxyRequest, updateProxyRequest]) {
      const issues = schema.safeParse({ kiotproxy_key: text }).error?.issues ?? []
      expect(issues).toMatchObject([{ path: ['kiotproxy_key'], message: expect.stringMatching(message) as string }])
    }
  })
})

describe('a name', () => {
  it.each([
    a,
    ` ${a} `,
    a.toLowerCase(),
    `Shop ${a}`,
    `Shop_${a}_old`,
    `${a.slice(0, 9)} ${a.slice(9, 20)} ${a.slice(20)}`,
    `${a.slice(0, 9)}\u200B${a.slice(9)}`,
    a + b,
    `x${a}y`,
    token,
    `https://api.kiotproxy.com/api/v1/proxies/new?key=${a}`,
  ])('that looks like a key is refused: %j', (key_name) => {
    for (const schema of [addProxyRequest, updateProxyRequest]) {
      const { error } = schema.safeParse({ key_name, kiotproxy_key: b })
      expect(error?.issues).toMatchObject([
        { path: ['key_name'], message: expect.stringMatching(/in clear/) as string },
      ])
    }
  })

  it.each([
    'Shop A',
    'K1',
    'Kho 0912345678',
    'VK 0912345678 0987654321',
    'Kade',
    'deadbeef',
    'K0123456...89abcdef',
    '👩‍💻 Kiều',
  ])('that only has a K or digits in it is taken: %j', (key_name) => {
    expect(looksLikeKey(key_name)).toBe(false)
    expect(updateProxyRequest.parse({ key_name }).key_name).toBe(key_name)
  })
})

describe('keys in a text', () => {
  it.each<[text: string, keys: string[]]>([
    [`${a},${b}`, [a, b]],
    [a + b, [a, b]],
    [`x=${a}&y`, [a]],
    [`Shop_${a}`, [a]],
    [`${a}xyz`, []],
    [`xyz${a}`, []],
    [`K${'0'.repeat(65)}`, []],
    [`K${'0'.repeat(15)}`, []],
    ['', []],
  ])('are found in %j', (text, keys) => {
    expect(findProviderKeys(text)).toEqual(keys)
  })

  it('are found in a long text in no time', () => {
    const long = `${'K'.repeat(500_000)} ${'Ka'.repeat(200_000)} ${'0'.repeat(500_000)}`

    const startedAt = performance.now()
    expect(findProviderKeys(long)).toEqual([])
    expect(looksLikeKey('K0a'.repeat(300_000))).toBe(false)
    expect(cleanProviderKey(' \u200B'.repeat(500_000))).toBe('')
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })
})

it('lines end as any editor ends them', () => {
  expect(splitLines('\uFEFFa\r\nb\nc\rd\u2028e\u2029f\u0085g\n\r\n \u200B\n')).toEqual('abcdefg'.split(''))
  expect(splitLines('')).toEqual([''])
  expect(splitLines('\n\na')).toEqual(['', '', 'a'])
})

it('what nobody sees is dropped, but not what joins emoji', () => {
  expect(dropInvisible('\u200Ba\u2060b\u200Dc\uFEFF')).toBe('abc')
  expect(dropInvisible('👩‍💻')).toBe('👩‍💻')
})
