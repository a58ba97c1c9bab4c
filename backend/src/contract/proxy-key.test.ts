import { expect, it } from 'vitest'

import { hostAndPort } from './proxy-key.ts'

it.each([
  '27.73.175.36:33013',
  '127.0.0.1:1',
  'proxy-1.example.com:65535',
  'some_host:80',
  '[2001:db8::7]:1080',
  '[::ffff:192.0.2.1]:80',
])('%s is host and port', (text) => {
  expect(hostAndPort.safeParse(text).success).toBe(true)
})

it.each([
  '27.73.175.36:99999',
  '27.73.175.36:65536',
  '27.73.175.36:0',
  '27.73.175.36:',
  '27.73.175.36',
  '27.73.175.999:80',
  '27.73.175:80',
  ':80',
  'a b:80',
  'user@host:80',
  'host/path:80',
  'http://host:80',
  `${'x'.repeat(64)}.test:80`,
  `${'x.'.repeat(127)}test:80`,
  'a..b:80',
  '2001:db8::7:1080',
  '[2001:db8::7:1080',
  '[host]:80',
])('%s is none', (text) => {
  expect(hostAndPort.safeParse(text).success).toBe(false)
})
