import { describe, expect, it } from 'vitest'

import { newPassword, opaqueString } from './password.ts'

it('has one spelling, whatever it was typed with', () => {
  const spellings = ['cà\u00a0phê', 'cà\u3000phê'.normalize('NFD'), 'cà phê'].map(opaqueString)

  expect(new Set(spellings)).toEqual(new Set(['cà phê']))
})

describe('a new one', () => {
  it.each([
    ['short', 'must have at least 8 characters'],
    ['éééé'.normalize('NFD'), 'must have at least 8 characters'],
    ['tab\tin the middle', 'must have no control characters, such as tabs and line ends'],
    ['nul\0in the middle', 'must have no control characters, such as tabs and line ends'],
    ['half a \ud83d smile', 'must have no control characters, such as tabs and line ends'],
    ['ă'.repeat(37), 'must have at most 72 bytes'],
    ['a'.repeat(73), 'must have at most 72 bytes'],
    ['a'.repeat(2_000), 'must have at most 72 bytes'],
  ])('is refused with one reason: %j', (text, reason) => {
    const messages = newPassword.safeParse(text).error?.issues.map(({ message }) => message)

    expect(messages).toEqual([reason])
  })

  it.each(['12345678', 'ă'.repeat(36).normalize('NFD'), 'mật khẩu 🙂'])('is taken: %s', (text) => {
    expect(newPassword.safeParse(text).success).toBe(true)
  })
})
