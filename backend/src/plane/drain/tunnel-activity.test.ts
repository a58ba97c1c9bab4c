import { describe, expect, it } from 'vitest'

import { countsAsRequest, TunnelActivity, type DrainVerdict } from './tunnel-activity.ts'

const record = (length: number) =>
  Buffer.concat([Buffer.from([0x17, 3, 3, length >> 8, length & 255]), Buffer.alloc(length)])
const times = { idleDrainMs: 300, drainMs: 10_000 }

describe('a packet from the client', () => {
  it.each([
    ['one small TLS record', record(30), false],
    ['two small TLS records', Buffer.concat([record(30), record(22)]), false],
    ['a small and a large one', Buffer.concat([record(30), record(200)]), true],
    ['a large TLS record', record(200), true],
    ['the middle of one', Buffer.alloc(500, 1), true],
    ['half a record header', Buffer.from([0x17, 3]), true],
    ['a small record with more behind it', Buffer.concat([record(30), Buffer.from([1, 2])]), true],
    ['plain text', Buffer.from('GET / HTTP/1.1\r\n\r\n'), true],
  ])('that is %s counts as a request: %s', (_, packet, expected) => {
    expect(countsAsRequest(packet)).toBe(expected)
  })
})

describe('a tunnel whose upstream is replaced at 1000', () => {
  const up = (at: number) => (activity: TunnelActivity) => activity.up(record(200), at)
  const control = (at: number) => (activity: TunnelActivity) => activity.up(record(30), at)
  const down = (at: number) => (activity: TunnelActivity) => activity.down(at)

  it.each<[string, ((activity: TunnelActivity) => void)[], number, DrainVerdict]>([
    ['answered, 299 ms quiet', [up(700), down(900)], 1_190, 'leave'],
    ['answered, 300 ms quiet', [up(700), down(800)], 1_100, 'close-idle'],
    ['awaiting for 8 s', [up(900)], 8_900, 'leave'],
    ['awaiting, at the end', [up(900)], 11_000, 'cut'],
    ['answered, with a window update since', [up(700), down(800), control(1_050)], 1_150, 'close-idle'],
    ['answered and asked again', [up(700), down(800), up(1_050)], 1_500, 'leave'],
    ['in a slow answer with pauses of 400 ms', [up(0), down(100), down(500), down(900)], 2_000, 'leave'],
    [
      'in one with pauses of 400 ms, quiet for three times that',
      [up(0), down(100), down(500), down(900)],
      2_200,
      'close-idle',
    ],
    ['in one with pauses of 2 s, quiet for 3 s', [up(0), down(100), down(2_100), down(4_100)], 7_100, 'close-idle'],
    [
      'with a word every 2 s, 500 ms quiet and 600 ms before the end',
      [up(0), down(5_900), down(7_900), down(9_900)],
      10_400,
      'leave',
    ],
    [
      'with a word every 2 s, 600 ms quiet and 500 ms before the end',
      [up(0), down(5_900), down(7_900), down(9_900)],
      10_500,
      'close-idle',
    ],
    ['chatty, 30 ms quiet near the end', [up(9_900), down(9_950)], 9_990, 'leave'],
    ['chatty, 60 ms quiet near the end', [up(9_900), down(9_950)], 10_010, 'close-idle'],
    ['never used', [], 1_400, 'close-idle'],
  ])('%s', (_, steps, now, verdict) => {
    const activity = new TunnelActivity(0)
    for (const step of steps) step(activity)

    expect(activity.judge(now, 1_000, times)).toBe(verdict)
  })

  it('is never cut where that is wanted, and always at once where that is', () => {
    const activity = new TunnelActivity(0)
    activity.up(record(200), 500)

    expect(activity.judge(999_999, 1_000, { idleDrainMs: 300, drainMs: null })).toBe('leave')
    expect(activity.judge(1_000, 1_000, { idleDrainMs: 300, drainMs: 0 })).toBe('cut')
  })
})
