import { createDraft, finishDraft, freeze, type Draft } from 'immer'

/** RowChange is what became of one row: it came (`before` is null), went (`after` is null), or is another now. */
export type RowChange<Row extends object> =
  | { readonly before: null; readonly after: Row }
  | { readonly before: Row; readonly after: Row }
  | { readonly before: Row; readonly after: null }

/** Rows are the rows of one kind at one moment: frozen, in the order in which they came, found by id. */
export class Rows<Row extends object, Id> {
  readonly list: readonly Row[]
  readonly idOf: (row: Row) => Id
  /** Shared by all that differ by edits and by what came at the end, so what it says is compared with the row that stands there. */
  readonly #places: Map<Id, number>

  constructor(list: readonly Row[], idOf: (row: Row) => Id, places?: Map<Id, number>) {
    this.list = list
    this.idOf = idOf
    this.#places = places ?? new Map(list.map((row, place) => [idOf(row), place]))
  }

  find(id: Id): Row | undefined {
    const place = this.#places.get(id)
    const row = place === undefined ? undefined : this.list[place]
    return row !== undefined && this.idOf(row) === id ? row : undefined
  }

  /** The rows after these changes, which were made of them; itself where there is none. */
  apply(changes: readonly RowChange<Row>[]): Rows<Row, Id> {
    if (changes.length === 0) return this
    const list = this.list.slice()
    const gone = new Set<Row>()
    for (const { before, after } of changes) {
      if (before === null && after !== null) this.#places.set(this.idOf(after), list.push(after) - 1)
      if (before !== null && after !== null) list[this.#placeOf(before)] = after
      if (before !== null && after === null) gone.add(before)
    }
    if (gone.size === 0) return new Rows(list, this.idOf, this.#places)
    return new Rows(
      list.filter((row) => !gone.has(row)),
      this.idOf,
    )
  }

  #placeOf(row: Row): number {
    const place = this.#places.get(this.idOf(row))
    if (place === undefined || this.list[place] !== row) throw new TypeError('a change is of a row that is not there')
    return place
  }
}

/** RowKind is how rows of a kind are spoken of. */
export interface RowKind<Id> {
  plural: string
  notFound: (id: Id) => Error
}

/** RowsDraft is what a recipe sees of the rows of one kind. A row that it gets is its to alter. */
export class RowsDraft<Row extends object, Id> {
  readonly #rows: Rows<Row, Id>
  readonly #kind: RowKind<Id>
  readonly #altered = new Map<Id, Draft<Row>>()
  readonly #added = new Map<Id, Row>()
  readonly #removed = new Set<Id>()

  constructor(rows: Rows<Row, Id>, kind: RowKind<Id>) {
    this.#rows = rows
    this.#kind = kind
  }

  find(id: Id): Row | undefined {
    if (this.#removed.has(id)) return undefined
    const known = this.#added.get(id) ?? (this.#altered.get(id) as Row | undefined)
    if (known !== undefined) return known
    const row = this.#rows.find(id)
    if (row === undefined) return undefined
    const draft = createDraft(row)
    this.#altered.set(id, draft)
    return draft as Row
  }

  /** Throws Problem `not_found`. */
  get(id: Id): Row {
    const row = this.find(id)
    if (row === undefined) throw this.#kind.notFound(id)
    return row
  }

  /** Every row of which this is true. Only these cost more than the look at them. */
  where(test: (row: Readonly<Row>) => boolean): Row[] {
    const { list, idOf } = this.#rows
    const found: Row[] = []
    for (const row of list) {
      const id = idOf(row)
      if (this.#removed.has(id) || !test((this.#altered.get(id) as Row | undefined) ?? row)) continue
      found.push(this.get(id))
    }
    for (const row of this.#added.values()) if (test(row)) found.push(row)
    return found
  }

  /** Throws a TypeError where a row has this id already. */
  add(row: Row): void {
    const id = this.#rows.idOf(row)
    if (this.find(id) !== undefined) throw new TypeError(`two ${this.#kind.plural} have the id ${String(id)}`)
    this.#added.set(id, row)
  }

  /** Throws Problem `not_found`. */
  remove(id: Id): void {
    this.get(id)
    if (!this.#added.delete(id)) this.#removed.add(id)
  }

  /** What became of the rows. The draft is over then. */
  finish(): RowChange<Row>[] {
    const changes: RowChange<Row>[] = []
    for (const [id, draft] of this.#altered) {
      const before = this.#rows.find(id)
      const after = finishDraft(draft) as Row
      if (before === undefined || after === before) continue
      if (!this.#removed.has(id)) changes.push({ before, after })
    }
    for (const id of this.#removed) {
      const before = this.#rows.find(id)
      if (before !== undefined) changes.push({ before, after: null })
    }
    for (const row of this.#added.values()) changes.push({ before: null, after: freeze(row, true) })
    return changes
  }
}

/** mergeChanges makes one list of two, of which the second followed the first. */
export function mergeChanges<Row extends object>(
  first: readonly RowChange<Row>[],
  second: readonly RowChange<Row>[],
  idOf: (row: Row) => unknown,
): readonly RowChange<Row>[] {
  if (first.length === 0) return second
  if (second.length === 0) return first
  const merged = new Map<unknown, RowChange<Row>>()
  for (const change of first) merged.set(idOf(rowOf(change)), change)
  for (const change of second) {
    const id = idOf(rowOf(change))
    const before = merged.has(id) ? (merged.get(id)?.before ?? null) : change.before
    const { after } = change
    if (before === null && after === null) merged.delete(id)
    else merged.set(id, { before, after } as RowChange<Row>)
  }
  return [...merged.values()]
}

function rowOf<Row extends object>({ before, after }: RowChange<Row>): Row {
  return (after ?? before) as Row
}
