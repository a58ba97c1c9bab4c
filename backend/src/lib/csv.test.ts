import { expect, it } from 'vitest'

import { toCsvLine } from './csv.ts'

it.each([
  [['a', 1, null], 'a,1,'],
  [['say "hi"', 'x,y', '=1+1'], '"say ""hi""","x,y",\'=1+1'],
  [['-5', -5, 'two\nlines'], '\'-5,-5,"two\nlines"'],
])('writes %j so that spreadsheets read it as it is meant', (cells, line) => {
  expect(toCsvLine(cells)).toBe(`${line}\r\n`)
})
