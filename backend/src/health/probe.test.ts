import { expect, it } from 'vitest'

import { findAddress } from './probe.ts'

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['203.0.113.7\n', '203.0.113.7'],
  ['{"ip":"203.0.113.7"}', '203.0.113.7'],
  ['fl=1\nip=2001:db8::7\nts=1.5', '2001:db8::7'],
  ['<p>Your address: 203.0.113.7</p>', '203.0.113.7'],
  ['hello', null],
  ['', null],
  ['999.1.1.1', null],
])('finds the address in %j', (text, expected) => {
  expect(findAddress(text)).toBe(expected)
})
