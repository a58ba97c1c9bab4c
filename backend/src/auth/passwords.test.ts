import { hashSync } from 'bcryptjs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { ManualClock } from '../../test/support/manual-clock.ts'
import { Passwords, type Applicant } from './passwords.ts'

const stranger: Applicant = { standing: 'stranger', group: '192.0.2.1' }
const hashOf = (password: string) => hashSync(password, 4)

let passwords: Passwords

beforeEach(() => {
  passwords = new Passwords(new ManualClock())
})

afterEach(() => passwords.stop())

describe('a password', () => {
  it.each([
    ['decomposed', 'mật khẩu của tôi', 'NFD'],
    ['composed', 'mật khẩu của tôi'.normalize('NFD'), 'NFC'],
  ] as const)('is right in its %s form too', async (_, chosen, form) => {
    const hash = await passwords.hash(chosen)

    expect(await passwords.verify(chosen.normalize(form), hash, stranger)).toBe(true)
  })

  it.each(['\u00a0', '\u3000', '\u2003', '\u202f'])('is right with another kind of space (%j)', async (space) => {
    const hash = await passwords.hash('four words of mine')

    expect(await passwords.verify(`four${space}words${space}of mine`, hash, stranger)).toBe(true)
  })

  it.each([
    ['composed', 'mật khẩu của tôi', 'mật khẩu của tôi'],
    ['decomposed', 'mật khẩu của tôi'.normalize('NFD'), 'mật khẩu của tôi'.normalize('NFD')],
    ['decomposed, and typed composed', 'mật khẩu của tôi'.normalize('NFD'), 'mật khẩu của tôi'],
    ['with a wide space', 'tôi\u3000và bạn', 'tôi\u3000và bạn'],
  ])('goes on working that was hashed as it was typed: %s', async (_, chosen, typed) => {
    expect(await passwords.verify(typed, hashOf(chosen), stranger)).toBe(true)
  })

  it('is wrong when it is another, longer than 72 bytes, or nobody’s', async () => {
    const hash = hashOf('a'.repeat(72))

    expect(await passwords.verify('a'.repeat(71), hash, stranger)).toBe(false)
    expect(await passwords.verify('a'.repeat(73), hash, stranger)).toBe(false)
    expect(await passwords.verify('', undefined, stranger)).toBe(false)
    expect(await passwords.verify('a'.repeat(72), hash, stranger)).toBe(true)
  })
})

describe('the line before bcrypt', () => {
  const enter = (applicant: Applicant = stranger) => passwords.verify('wrong password', undefined, applicant)

  it('holds eight beside the one whose turn it is, and tells others when to come again', async () => {
    const all = await Promise.allSettled(Array.from({ length: 12 }, () => enter()))

    const refused = all.filter(({ status }) => status === 'rejected')
    expect(refused).toHaveLength(3)
    for (const answer of refused) {
      expect(answer).toMatchObject({ reason: { code: 'too_many_attempts', retryAfterSeconds: 2 } })
    }
  })

  it('is left by whoever goes away, at once', async () => {
    const gone = new AbortController()
    const first = enter()
    const waiting = Array.from({ length: 8 }, () => enter({ ...stranger, signal: gone.signal }))

    gone.abort()

    const left = await Promise.allSettled(waiting)
    expect(left.map(({ status }) => status)).toEqual(waiting.map(() => 'rejected'))
    expect(await first).toBe(false)
    await Promise.all(Array.from({ length: 8 }, () => enter()))
  })

  it('is not entered by whoever has gone already', async () => {
    const first = enter()

    await expect(enter({ ...stranger, signal: AbortSignal.abort() })).rejects.toThrow('has gone')

    await first
  })
})
