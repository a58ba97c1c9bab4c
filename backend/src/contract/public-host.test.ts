import { expect, it } from 'vitest'

import { publicHost } from './public-host.ts'

it.each(['203.0.113.10', '127.0.0.1', '2001:db8::1', 'vps', 'vps-1.example.com', 'VPS.example.com'])(
  'takes %s',
  (text) => {
    expect(publicHost.parse(text)).toBe(text)
  },
)

it.each([
  '',
  ' ',
  'http://vps.example.com',
  'vps.example.com:9001',
  'vps.example.com/',
  '203.0.113.10:80',
  '203.0.113.300',
  '1.2.3',
  '[2001:db8::1]',
  '0.0.0.0',
  '::',
  '0:0:0:0:0:0:0:0',
  'a..b',
  'two words',
  '{{name}}',
  `${'x'.repeat(64)}.com`,
])('refuses %j, and says what is allowed', (text) => {
  expect(publicHost.safeParse(text).error?.issues[0]?.message).toBe(
    'must be an IP address or a host name such as proxy.example.com, without http:// and port',
  )
})
