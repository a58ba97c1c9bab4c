import { expect, it } from 'vitest'

import { toCsvLine, withoutGuard } from './csv.ts'

it.each([
  [['a', 1, null], 'a,1,'],
  [['say "hi"', 'x,y', '=1+1'], '"say ""hi""","x,y",\'=1+1'],
  [['-5', -5, 'two\nlines'], '\'-5,-5,"two\nlines"'],
])('writes %j so that spreadsheets read it as it is meant', (cells, line) => {
  expect(toCsvLine(cells)).toBe(`${line}\r\n`)
})

it.each(['=1+1', "'=1+1", "''-x", '＝1+1', '+84', '@a', "'quoted'", 'plain'])('gives %j back as it was', (text) => {
  const written = toCsvLine([text]).trim()

  expect(written).not.toMatch(/^[=+\-@＝＋－＠]/)
  expect(withoutGuard(written)).toBe(text)
})
