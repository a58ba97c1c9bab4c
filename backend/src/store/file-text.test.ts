import { expect, it } from 'vitest'

import { fileText } from './file-text.ts'

const row = Object.freeze({ id: 1, name: 'Hoà "A"\n', list: [1, { a: null }], nothing: {}, none: [], gone: undefined })

it.each([
  ['nothing', {}],
  ['fields alone', { version: 3, settings: { a: 1, b: [] } }],
  ['no rows', { version: 3, rows: [] }],
  ['a row', { rows: [row] }],
  ['rows, and what follows', { rows: [row, { id: 2 }, row], last: 'x\ny' }],
  ['lists that are no rows', { numbers: [1, 2], mixed: [null, row], words: ['a\nb'] }],
  ['what has no value', { a: undefined, b: null, c: 1 }],
  ['names that need quotes', { 'a"b\n': 1 }],
])('writes %s as JSON.stringify does', (_, data) => {
  const expected = `${JSON.stringify(data, null, 2)}\n`

  expect([...fileText(data)].join('')).toBe(expected)
  // Again, with what is known of the rows.
  expect([...fileText(data)].join('')).toBe(expected)
})

it('looks again at a row that may have changed', () => {
  const open = { id: 1 }
  const first = [...fileText({ rows: [open] })].join('')
  open.id = 2

  expect(first).toContain('"id": 1')
  expect([...fileText({ rows: [open] })].join('')).toContain('"id": 2')
})

it('comes in pieces where it is long', () => {
  const rows = Array.from({ length: 3_000 }, (_, id) => ({ id, text: 'x'.repeat(500) }))

  const pieces = [...fileText({ rows })]

  expect(pieces.length).toBeGreaterThan(4)
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(300_000)
  expect(pieces.join('')).toBe(`${JSON.stringify({ rows }, null, 2)}\n`)
})
