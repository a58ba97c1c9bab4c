import { createStore, type Store } from './store'

/** createStored is a store whose value stays in the browser. Never for secrets. An unknown or blocked value is the default. */
export function createStored<T extends string>(name: string, choices: readonly T[], fallback: T): Store<T> {
  const store = createStore<T>(choices.find((choice) => choice === read(name)) ?? fallback)
  return {
    ...store,
    set(next) {
      try {
        localStorage.setItem(name, next)
      } catch {
        // Storage is full or forbidden: the choice then lasts as long as the page.
      }
      store.set(next)
    },
  }
}

function read(name: string): string | null {
  try {
    return localStorage.getItem(name)
  } catch {
    return null
  }
}
