import { expect, it } from 'vitest'

import { chooseLanguage } from './accept-language.ts'

it.each([
  [undefined, 'en'],
  ['', 'en'],
  ['vi', 'vi'],
  ['vi-VN,vi;q=0.9,en-US;q=0.8,en;q=0.7', 'vi'],
  ['en-GB, vi;q=0.9', 'en'],
  ['fr, vi;q=0.5, en;q=0.6', 'en'],
  ['fr;q=0.9, VI ; q=0.2', 'vi'],
  ['fr', 'en'],
  ['*', 'en'],
  ['en;q=0, *;q=0.5', 'vi'],
  ['vi;q=0, vi;q=zero, ;q=1', 'en'],
] as const)('takes %j for %s', (header, language) => {
  expect(chooseLanguage(header, ['en', 'vi'])).toBe(language)
})
