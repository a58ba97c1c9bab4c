import { settings, type Settings, type SettingsRequest } from '../contract/index.ts'
import type { History } from '../history/history.ts'
import type { Store } from '../store/store.ts'

interface PreferencesParts {
  store: Store
  history: History
}

/** Preferences are the verbs on the settings. */
export class Preferences {
  readonly #parts: PreferencesParts

  constructor(parts: PreferencesParts) {
    this.#parts = parts
  }

  read(): Settings {
    return settings.parse(this.#parts.store.data.settings)
  }

  /** Changes what is given and returns the whole. Throws a storage Problem. */
  async change(request: SettingsRequest): Promise<Settings> {
    await this.#parts.store.change((draft) => void Object.assign(draft.settings, request))
    const changes = Object.entries(request).map(([name, value]) => `${name} is ${value}`)
    if (changes.length > 0) this.#parts.history.add({ action: 'settings', message: `Settings: ${changes.join(', ')}.` })
    return this.read()
  }
}
