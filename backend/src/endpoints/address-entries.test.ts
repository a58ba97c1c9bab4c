import { describe, expect, it } from 'vitest'

import { allowedAddress, type AllowedAddress } from '../contract/index.ts'
import { letIn } from './address-entries.ts'

const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour)).toISOString()
const entry = (made_by: AllowedAddress['made_by'], hour: number | null, address = '192.0.2.1'): AllowedAddress => ({
  address,
  until: hour === null ? null : at(hour),
  added_at: at(0),
  made_by,
})
const [admin, token] = (['admin', 'token'] as const).map(
  (made_by) => (hour: number | null, address?: string) => entry(made_by, hour, address),
) as [(hour: number | null, address?: string) => AllowedAddress, (hour: number, address?: string) => AllowedAddress]

const other = token(9, '192.0.2.2')

describe('an address is let in', () => {
  it.each<[string, AllowedAddress[], AllowedAddress, AllowedAddress[] | null]>([
    ['as the first', [], token(1), [token(1)]],
    ['beside others', [other], token(1), [other, token(1)]],
    ['for another time by a token that let it in before', [token(5), other], token(1), [other, token(1)]],
    ['with no change for the same time by a token', [token(5)], token(5), null],
    ['with no change by a token, for less than the admin gave', [admin(5)], token(1), null],
    ['with no change by a token, where the admin let it in for ever', [admin(null)], token(7), null],
    ['by a token for longer than the admin gave, which stays', [admin(1)], token(5), [admin(1), token(5)]],
    ['for another time by a token beside the admin', [admin(1), token(5)], token(6), [admin(1), token(6)]],
    ['by the admin, whose word replaces the token’s', [token(5)], admin(1), [admin(1)]],
    ['by the admin, in place of both', [admin(1), token(5)], admin(1), [admin(1)]],
    ['with no change for the same time by the admin', [admin(1)], admin(1), null],
    ['by the admin for ever', [admin(1)], admin(null), [admin(null)]],
    ['whatever its spelling was', [token(5, '::ffff:192.0.2.1')], token(1), [token(1)]],
  ])('%s', (_, entries, wished, expected) => {
    expect(letIn('proxy1', entries, wished).entries).toEqual(expected)
  })

  it('by a token with 15 others, but not with 16, whatever the admin let in', () => {
    const many = (made_by: AllowedAddress['made_by'], count: number) =>
      Array.from({ length: count }, (_, index) => entry(made_by, 5, `198.51.100.${index}`))

    expect(letIn('proxy1', [...many('token', 15), ...many('admin', 30)], token(1)).entries).toHaveLength(46)
    expect(() => letIn('proxy1', many('token', 16), token(1))).toThrow(
      '16 other addresses are allowed with the token of proxy1 already',
    )
    expect(letIn('proxy1', [...many('token', 15), token(5)], token(1)).entries).toHaveLength(16)
    expect(letIn('proxy1', many('token', 16), admin(1)).entries).toHaveLength(17)
  })
})

it('takes an entry of an older file for the admin’s', () => {
  const { made_by: _, ...older } = admin(null)

  expect(allowedAddress.parse(older)).toEqual(admin(null))
})
