import { expect, it } from 'vitest'

import { toCsv } from './download'

it('writes what spreadsheets read as it is meant', () => {
  expect(
    toCsv([
      ['a', 1, null],
      ['say "hi"', 'x,y', '=1+1'],
      ['-5', -5, 'two\nlines'],
    ]),
  ).toBe('a,1,\r\n"say ""hi""","x,y",\'=1+1\r\n\'-5,-5,"two\nlines"\r\n')
})
