import type { JoinedProxy } from '../contract/index.ts'
import { createAdd, type AddParts } from './add.ts'
import { createImport, createPreview } from './import.ts'
import { ProviderKeys } from './provider-keys.ts'
import { createRemove, type RemoveParts } from './remove.ts'
import { createRestart, type RestartParts } from './restart.ts'
import { createRestore } from './restore.ts'
import { createUpdate } from './update.ts'

type KeysParts = Omit<AddParts, 'providerKeys'> & RemoveParts & RestartParts

export type Keys = ReturnType<typeof createKeys>

/** createKeys makes the verbs on keys and their endpoints. Each changes the store; listeners and the rest follow it. */
export function createKeys(parts: KeysParts) {
  const { store } = parts
  const together = { ...parts, providerKeys: new ProviderKeys(parts) }
  const add = createAdd(together)
  return {
    list: (): readonly JoinedProxy[] => store.proxies,
    /** Throws Problem `not_found`. */
    get: (id: number): JoinedProxy => store.getProxy(id),
    add,
    update: createUpdate(together),
    remove: createRemove(parts),
    restore: createRestore(together),
    restart: createRestart(parts),
    import: createImport(add),
    preview: createPreview(together),
  }
}
