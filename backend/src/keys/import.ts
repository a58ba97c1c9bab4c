import type { Actor, Region } from '../contract/index.ts'
import type { Numbers } from '../endpoints/numbers.ts'
import type { Store } from '../store/store.ts'
import type { createAdd } from './add.ts'
import { parseImport } from './import-lines.ts'
import { previewImport, type PreviewLine } from './import-preview.ts'
import { chooseLines, runImport, type ImportOutcome } from './import-run.ts'
import type { ProviderKeys } from './provider-keys.ts'

/** createImport makes the verb that adds a key for each line, or for those of `only`; every one is answered for, in order. */
export function createImport(add: ReturnType<typeof createAdd>) {
  return async (
    text: string,
    region: Region,
    only: readonly number[] | undefined,
    by: Actor,
  ): Promise<ImportOutcome[]> =>
    await runImport(chooseLines(parseImport(text, region), only), (request) => add(request, by))
}

export interface PreviewParts {
  store: Store
  numbers: Numbers
  providerKeys: ProviderKeys
}

/** createPreview makes what tells of each line whether an import would try to add it. */
export function createPreview({ store, numbers, providerKeys }: PreviewParts) {
  return (text: string, region: Region, only?: readonly number[]): PreviewLine[] => {
    const places = numbers.listFree(store.data.endpoints)
    return previewImport(chooseLines(parseImport(text, region), only), providerKeys.holders(), places)
  }
}
