import { expect, it } from 'vitest'

import { maskKeys, readPasted } from './provider-key'

const key = 'K0123456789abcdef0123456789abcdef'
const other = 'Kfedcba9876543210fedcba9876543210'

it.each([
  [key, { kind: 'key', key }],
  [` ${key.slice(0, 9)}\n${key.slice(9)} `, { kind: 'key', key }],
  ['abc-def_123', { kind: 'key', key: 'abc-def_123' }],
  [`Shop A|${key}`, { kind: 'named', key, name: 'Shop A' }],
  [`Shop A,${key}`, { kind: 'named', key, name: 'Shop A' }],
  [`${key} Shop A`, { kind: 'named', key, name: 'Shop A' }],
  [`${key}\tShop A`, { kind: 'named', key, name: 'Shop A' }],
  [`Shop A|${key}|bac`, { kind: 'many' }],
  [`${key},Shop,bac`, { kind: 'many' }],
  [`https://x/new?key=${key}&region=bac`, { kind: 'many' }],
  [`${key}\n${other}`, { kind: 'many' }],
  [`${key}${other}`, { kind: 'many' }],
  [`a,${key}\nb,${other}`, { kind: 'many' }],
  [`name,key\na,${key}`, { kind: 'many' }],
])('a pasted %j is told for what it is', (text, pasted) => {
  expect(readPasted(text)).toEqual(pasted)
})

it('masks every key of a text', () => {
  expect(maskKeys(`A,${key} ${other}`)).toBe('A,K0123456...abcdef Kfedcba9...543210')
})
