import { isDraft, original } from 'immer'

/**
 * findRow returns the draft of the row with this id. It searches the rows as they were before the recipe, since reading them
 * through the draft would wrap every one of them.
 */
export function findRow<T extends { id: number }>(rows: T[], id: number): T | undefined {
  const index = unwrap(rows).findIndex((row) => row.id === id)
  return index === -1 ? undefined : rows[index]
}

function unwrap(rows: { id: number }[]): readonly { id: number }[] {
  return isDraft(rows) ? (original(rows) ?? rows) : rows
}
