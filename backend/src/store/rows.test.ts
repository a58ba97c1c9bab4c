import { describe, expect, it } from 'vitest'

import { mergeChanges, Rows, RowsDraft, type RowChange } from './rows.ts'

interface Row {
  id: number
  name: string
}

const kind = { plural: 'things', notFound: (id: number) => new Error(`no ${id}`) }
const idOf = ({ id }: Row) => id
const row = (id: number, name = `row ${id}`): Row => ({ id, name })
const rowsOf = (...ids: number[]) =>
  new Rows(
    ids.map((id) => Object.freeze(row(id))),
    idOf,
  )

function alter(rows: Rows<Row, number>, recipe: (draft: RowsDraft<Row, number>) => void): Rows<Row, number> {
  const draft = new RowsDraft(rows, kind)
  recipe(draft)
  return rows.apply(draft.finish())
}

describe('a draft of rows', () => {
  it('alters what it gives, and leaves the others and the former rows as they are', () => {
    const before = rowsOf(1, 2, 3)

    const after = alter(before, (draft) => void (draft.get(2).name = 'other'))

    expect(after.list).toEqual([row(1), row(2, 'other'), row(3)])
    expect(after.list[0]).toBe(before.list[0])
    expect(before.list).toEqual([row(1), row(2), row(3)])
    expect(Object.isFrozen(after.list[1])).toBe(true)
  })

  it.each<[string, (draft: RowsDraft<Row, number>) => void]>([
    ['nothing was done', () => {}],
    ['rows were only looked at', (draft) => void draft.where(() => true)],
    ['a row got what it had', (draft) => void (draft.get(1).name = 'row 1')],
    ['a row came and went', (draft) => (draft.add(row(9)), draft.remove(9))],
  ])('tells no change where %s', (_, recipe) => {
    const before = rowsOf(1, 2)

    expect(alter(before, recipe)).toBe(before)
  })

  it('finds what was added, and no longer what was removed', () => {
    const seen: unknown[] = []

    const after = alter(rowsOf(1, 2), (draft) => {
      draft.add(row(3))
      draft.remove(1)
      draft.get(3).name = 'new'
      seen.push(draft.find(1), draft.where(({ id }) => id < 3).length)
    })

    expect(seen).toEqual([undefined, 1])
    expect(after.list).toEqual([row(2), row(3, 'new')])
  })

  it('looks at rows as they are by then', () => {
    const after = alter(rowsOf(1, 2), (draft) => {
      draft.get(1).name = 'x'
      for (const found of draft.where(({ name }) => name === 'x')) found.name = 'y'
    })

    expect(after.list).toEqual([row(1, 'y'), row(2)])
  })

  it('refuses an id that is not there, or there already', () => {
    const draft = new RowsDraft(rowsOf(1), kind)

    expect(() => draft.get(7)).toThrow('no 7')
    expect(() => draft.remove(7)).toThrow('no 7')
    expect(() => draft.add(row(1))).toThrow('two things have the id 1')
  })
})

describe('rows', () => {
  it('find by id whatever other rows were made of the same before', () => {
    const first = rowsOf(1, 2)
    const abandoned = alter(first, (draft) => draft.add(row(3, 'abandoned')))
    const second = alter(first, (draft) => draft.add(row(4)))
    const third = alter(second, (draft) => draft.remove(1))

    expect([1, 2, 3, 4].map((id) => first.find(id)?.id)).toEqual([1, 2, undefined, undefined])
    expect(abandoned.find(3)?.name).toBe('abandoned')
    expect([1, 2, 3, 4].map((id) => second.find(id)?.id)).toEqual([1, 2, undefined, 4])
    expect([1, 2, 3, 4].map((id) => third.find(id)?.id)).toEqual([undefined, 2, undefined, 4])
  })

  it('take an id again that another change gave away and that did not come about', () => {
    const first = rowsOf(1)
    alter(first, (draft) => (draft.add(row(2, 'lost')), draft.add(row(3, 'lost'))))

    const second = alter(first, (draft) => draft.add(row(3, 'kept')))

    expect(second.find(2)).toBeUndefined()
    expect(second.find(3)?.name).toBe('kept')
  })
})

describe('two lists of changes', () => {
  const a = row(1, 'a')
  const b = row(1, 'b')
  const c = row(1, 'c')

  it.each<[string, RowChange<Row>[], RowChange<Row>[], RowChange<Row>[]]>([
    ['an edit of what came', [{ before: null, after: a }], [{ before: a, after: b }], [{ before: null, after: b }]],
    ['an edit after an edit', [{ before: a, after: b }], [{ before: b, after: c }], [{ before: a, after: c }]],
    ['the end of what came', [{ before: null, after: a }], [{ before: a, after: null }], []],
    [
      'the end of what was edited',
      [{ before: a, after: b }],
      [{ before: b, after: null }],
      [{ before: a, after: null }],
    ],
    ['what came again', [{ before: a, after: null }], [{ before: null, after: b }], [{ before: a, after: b }]],
  ])('make one of %s', (_, first, second, merged) => {
    expect(mergeChanges(first, second, idOf)).toEqual(merged)
  })
})
