import { Problem } from '../lib/problem.ts'
import type { Recipe, Store } from '../store/store.ts'

/** commit writes what the provider has done already: memory follows even where the disk does not. */
export async function commit(store: Store, recipe: Recipe<void>): Promise<void> {
  try {
    await store.change(recipe)
  } catch (error) {
    const isStorage = error instanceof Problem && (error.code === 'storage_full' || error.code === 'storage_failed')
    if (!isStorage) throw error
    await store.record(recipe, 0)
  }
}
