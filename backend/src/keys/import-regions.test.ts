import { expect, it } from 'vitest'

import { findRegion } from './import-regions.ts'

it.each([
  ['bac', 'bac Bắc BẮC bắc north North mienbac MB HN'],
  ['trung', 'trung Trung central Centre MT Huế hue'],
  ['nam', 'nam Nam NAM south Southern SG HCM TPHCM TP.HCM MN'],
  ['random', 'random Random any'],
])('%s is named by each of %s', (region, words) => {
  for (const word of words.split(' ')) expect([word, findRegion(word)]).toEqual([word, region])
})

it.each([
  ['Miền Bắc', 'bac'],
  ['mien bac', 'bac'],
  ['MIỀN  BẮC', 'bac'],
  ['Khu vực: miền Bắc', 'bac'],
  ['Hà Nội', 'bac'],
  ['Ha-Noi', 'bac'],
  ['ha_noi', 'bac'],
  ['Hà Nội'.normalize('NFD'), 'bac'],
  ['Hà Nội City', 'bac'],
  ['Northern Vietnam', 'bac'],
  ['Miền Bắc (Hà Nội)', 'bac'],
  ['Nam Định', 'bac'],
  ['Đà Nẵng', 'trung'],
  ['DA NANG', 'trung'],
  ['Miền Trung', 'trung'],
  ['Bình Thuận', 'trung'],
  ['Quảng Nam', 'trung'],
  ['Buôn Ma Thuột', 'trung'],
  ['TP. Hồ Chí Minh', 'nam'],
  ['Thành phố Hồ Chí Minh', 'nam'],
  ['Sài Gòn', 'nam'],
  ['Nam - TP.HCM', 'nam'],
  ['Bà Rịa - Vũng Tàu', 'nam'],
  ['Miền Tây', 'nam'],
  ['Cần Thơ', 'nam'],
  ['ngẫu nhiên', 'random'],
  ['Bất kỳ', 'random'],
  ['bất kì', 'random'],
  ['tất cả', 'random'],
])('%s is in %s', (text, region) => {
  expect(findRegion(text)).toBe(region)
})

it.each(['', ' ', '-', 'west', 'Shop', 'Bắc Nam', 'Hà Nội - Sài Gòn', 'Nam 2', 'x'.repeat(10_000), '('.repeat(10_000)])(
  '%j names no region',
  (text) => {
    expect(findRegion(text)).toBeNull()
  },
)
