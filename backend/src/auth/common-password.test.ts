import { expect, it } from 'vitest'

import { isCommonPassword } from './common-password.ts'
import commonPasswords from './common-passwords.json' with { type: 'json' }

it.each([
  'password',
  'Password',
  'PASSWORD',
  'ｐａｓｓｗｏｒｄ',
  '12345678',
  'qwertyuiop',
  'iloveyou',
  'sunshine',
  'aaaaaaaa',
  'abcabcabc',
  '1234512345',
  'passwordpassword',
  'stillpoint',
  'Stillpoint2026!',
  'kiotproxy',
  'thu.trang',
  'Thu.Trang123',
  'thu.trangthu.trang',
])('is common: %s', (password) => {
  expect(isCommonPassword(password, 'thu.trang')).toBe(true)
})

it.each(['correct horse battery', 'another password', 'my own password', 'thu.trang và mèo', 'x7#Lq2!vRz'])(
  'is not common: %s',
  (password) => {
    expect(isCommonPassword(password, 'thu.trang')).toBe(false)
  },
)

it('knows some thousands, each as long as a password must be and in the spelling that is looked up', () => {
  const { passwords } = commonPasswords

  expect(passwords.length).toBeGreaterThan(5_000)
  expect(passwords.filter((word) => word.length < 8 || !isCommonPassword(word, 'admin'))).toEqual([])
})
