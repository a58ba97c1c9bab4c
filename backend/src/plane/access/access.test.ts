import { describe, expect, it } from 'vitest'

import { hashToken } from '../../lib/vault.ts'
import { formatBasic } from '../bytes/basic.ts'
import { createAccessCheck, type AccessVerdict } from './access.ts'

const token = 'right-token'
const right = { username: 'proxy3', password: token }

const cases: [
  name: string,
  networks: string[],
  address: string,
  credentials: typeof right | null,
  verdict: AccessVerdict,
][] = [
  ['the token', [], '198.51.100.1', right, 'allowed'],
  ['nothing', [], '198.51.100.1', null, 'missing_credentials'],
  ['a wrong token', [], '198.51.100.1', { ...right, password: 'wrong' }, 'wrong_credentials'],
  ['an empty token', [], '198.51.100.1', { ...right, password: '' }, 'wrong_credentials'],
  ["another key's name", [], '198.51.100.1', { ...right, username: 'proxy4' }, 'wrong_credentials'],
  ['an allowed address', ['198.51.100.1'], '198.51.100.1', null, 'allowed'],
  ['an allowed network', ['198.51.100.0/24'], '198.51.100.77', null, 'allowed'],
  ['an address outside it', ['198.51.100.0/25'], '198.51.100.200', null, 'missing_credentials'],
  ['an allowed address with a wrong token', ['198.51.100.1'], '198.51.100.1', { ...right, password: 'x' }, 'allowed'],
  ['IPv4 written as IPv6', ['198.51.100.0/24'], '::ffff:198.51.100.9', null, 'allowed'],
  ['an allowed IPv6 network', ['2001:db8::/32'], '2001:db8:1::5', null, 'allowed'],
  ['an IPv6 address outside it', ['2001:db8::/32'], '2001:db9::5', null, 'missing_credentials'],
  ['an IPv4 address and an IPv6 network', ['::/0'], '198.51.100.1', null, 'missing_credentials'],
  ['no address at all', ['0.0.0.0/0', '::/0'], '', null, 'missing_credentials'],
]

describe('access', () => {
  const rules = { username: 'proxy3', tokenHash: hashToken(token), networks: [], addresses: [], asksAlways: false }

  it.each(cases)('with %s', (_, networks, address, credentials, verdict) => {
    const check = createAccessCheck({ ...rules, networks })

    expect(check.verdict(address, credentials)).toBe(verdict)
    const value = credentials === null ? null : formatBasic(credentials)
    expect([check.verdict(address, value), check.verdict(address, value)]).toEqual([verdict, verdict])
  })

  it.each(cases)('that always asks, with %s', (_, networks, address, credentials) => {
    const check = createAccessCheck({ ...rules, networks, asksAlways: true })

    const isRight = credentials === right
    expect(check.byAddress(address)).toBe(false)
    expect(check.verdict(address, credentials) === 'allowed').toBe(isRight)
  })

  it('with an address that was let in', () => {
    const check = createAccessCheck({ ...rules, addresses: ['192.0.2.7'] })

    expect([check.byAddress('192.0.2.7'), check.byAddress('192.0.2.8')]).toEqual([true, false])
  })
})
