import { settings, type Actor, type Settings, type SettingsRequest } from '../contract/index.ts'
import type { Bus } from '../happenings/bus.ts'
import type { Store } from '../store/store.ts'

interface PreferencesParts {
  store: Store
  bus: Bus
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
  async change(request: SettingsRequest, by: Actor): Promise<Settings> {
    await this.#parts.store.change((draft) => void Object.assign(draft.settings, request))
    if (Object.keys(request).length > 0) {
      this.#parts.bus.tell({ kind: 'settings_changed', facts: { changes: request }, by })
    }
    return this.read()
  }
}
