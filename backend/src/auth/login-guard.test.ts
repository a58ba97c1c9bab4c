import { expect, it } from 'vitest'

import { ManualClock } from '../../test/support/manual-clock.ts'
import { Problem } from '../lib/problem.ts'
import { LoginGuard, type GuardKey } from './login-guard.ts'

it('locks an address after five failures, longer with each further one, and forgives an hour later', async () => {
  const clock = new ManualClock()
  const guard = new LoginGuard(clock)
  const attempt = () => guard.attempt(['address 192.0.2.1'])
  for (let count = 0; count < 5; count++) attempt()

  expect(attempt).toThrow('Too many failed logins. Try again in 5 s.')
  await clock.advance(5_000)
  attempt()
  expect(attempt).toThrow('Try again in 10 s.')
  await clock.advance(70 * 60_000)
  for (let count = 0; count < 5; count++) attempt()
})

it('counts per user name as well, whatever the address', () => {
  const guard = new LoginGuard(new ManualClock())
  for (let count = 0; count < 5; count++) guard.attempt([`address 192.0.2.${count}`, 'user admin'])

  expect(() => guard.attempt(['address 192.0.2.99', 'user admin'])).toThrow('Too many failed logins')
  expect(() => guard.attempt(['address 192.0.2.99', 'user other'])).not.toThrow()
})

it('forgets failures with a success', () => {
  const guard = new LoginGuard(new ManualClock())
  for (let count = 0; count < 20; count++) {
    guard.attempt(['address 192.0.2.1'])
    guard.succeeded(['address 192.0.2.1'])
  }
})

it('locks a user name for 30 s at most, however many fail, and whoever guesses for up to 15 minutes', async () => {
  const clock = new ManualClock()
  const guard = new LoginGuard(clock)
  const retryAfter = async (key: GuardKey) => {
    let seconds = 0
    for (let count = 0; count < 200; count++) {
      try {
        guard.attempt([key])
      } catch (error) {
        seconds = error instanceof Problem ? (error.retryAfterSeconds ?? 0) : 0
        await clock.advance(seconds * 1_000)
      }
    }
    return seconds
  }

  expect(await retryAfter('user admin')).toBe(30)
  for (const kind of ['address', 'device', 'session'] as const) expect(await retryAfter(`${kind} one`)).toBe(900)
})

it('takes attempts back at which nobody looked', () => {
  const guard = new LoginGuard(new ManualClock())
  for (let count = 0; count < 20; count++) {
    guard.attempt(['address 192.0.2.1', 'user admin'])
    guard.withdrawn(['address 192.0.2.1', 'user admin'])
  }

  for (let count = 0; count < 5; count++) guard.attempt(['address 192.0.2.1'])
  expect(() => guard.attempt(['address 192.0.2.1'])).toThrow('Too many failed logins')
})
