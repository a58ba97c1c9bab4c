import { expect, it } from 'vitest'

import { ManualClock } from '../../test/support/manual-clock.ts'
import type { Told } from '../happenings/bus.ts'
import { describe } from '../happenings/wording/describe.ts'
import { WrongTokens } from './wrong-tokens.ts'

const minuteMs = 60_000

function create() {
  const clock = new ManualClock()
  const entries: Told[] = []
  const wrongTokens = new WrongTokens({ clock, bus: { tell: (told) => entries.push(told) } })
  const note = (address: string, ...ids: number[]) => {
    for (const id of ids) wrongTokens.note(address, { id, name: `proxy${id}` })
  }
  return { clock, wrongTokens, note, messages: () => entries.map((told) => describe('en', told)), entries }
}

it('gathers for a minute, then for an hour, and forgets who was quiet', async () => {
  const { clock, note, messages } = create()
  note('192.0.2.1', 1, 1)
  await clock.advance(minuteMs)
  note('192.0.2.1', 1)
  await clock.advance(59 * minuteMs)
  expect(messages()).toEqual(['2 wrong access tokens from 192.0.2.1 at the page of proxy1.'])

  await clock.advance(minuteMs)
  expect(messages()[1]).toBe('1 wrong access token from 192.0.2.1 at the page of proxy1.')
  await clock.advance(60 * minuteMs)
  note('192.0.2.1', 1)
  await clock.advance(minuteMs)

  expect(messages()).toHaveLength(3)
})

it('names three of the endpoints that somebody tried', async () => {
  const { wrongTokens, note, messages, entries } = create()
  note('192.0.2.1', 1, 2)
  note('2001:db8::/64', 1, 2, 3, 4, 5)

  wrongTokens.stop()

  expect(messages()).toEqual([
    '2 wrong access tokens from 192.0.2.1 at the pages of proxy1, proxy2.',
    '5 wrong access tokens from 2001:db8::/64 at the pages of proxy1, proxy2, proxy3 and 2 more.',
  ])
  expect(entries.map(({ proxy_id }) => proxy_id)).toEqual([null, null])
})

it('tells of at most a hundred addresses one by one', async () => {
  const { clock, note, messages } = create()
  for (let index = 0; index < 1_000; index++) note(`192.0.${index >> 8}.${index & 255}`, 1)

  await clock.advance(minuteMs)

  expect(messages()).toHaveLength(101)
  expect(messages().at(-1)).toBe('900 wrong access tokens from other addresses at the page of proxy1.')
})
