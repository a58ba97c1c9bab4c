import { useTranslation } from 'react-i18next'
import { toast } from 'sonner'

import type { ProxyKeyView } from '../../../../backend/src/contract/index.ts'
import { checkKey, restartKey, rotateKey } from '@/api/actions'
import { useDescribeError } from '@/lib/describe-error'
import { createStore, useStore } from '@/lib/store'

/** underway are the ids of the keys that something was asked of here and is not answered yet. */
export const underway = createStore<ReadonlySet<number>>(new Set())

/** runOnce does something to a key unless something is being done to it: a double click is one. */
export async function runOnce<T>(id: number, run: () => Promise<T>): Promise<T | undefined> {
  if (underway.get().has(id)) return undefined
  underway.set(new Set(underway.get()).add(id))
  try {
    return await run()
  } finally {
    const rest = new Set(underway.get())
    rest.delete(id)
    underway.set(rest)
  }
}

export function useIsUnderway(id: number): boolean {
  return useStore(underway, (ids) => ids.has(id))
}

type KeyName = Pick<ProxyKeyView, 'id' | 'key_name' | 'subdomain'>

/** useKeyActions are what a row's buttons do; each tells what came of it. */
export function useKeyActions() {
  const { t } = useTranslation()
  const describe = useDescribeError()
  const run = async (key: KeyName, act: () => Promise<string>) => {
    try {
      const text = await runOnce(key.id, act)
      if (text !== undefined) toast.success(text)
    } catch (error) {
      toast.error(`${key.key_name}: ${describe(error)}`)
    }
  }
  return {
    rotate: (key: KeyName) =>
      run(key, async () => {
        const { old_ip, new_ip } = await rotateKey(key.id)
        return t('keys.rotated', { name: key.key_name, from: old_ip ?? '–', to: new_ip ?? '–' })
      }),
    restart: (key: KeyName) =>
      run(key, async () => {
        await restartKey(key.id)
        return t('keys.restarted', { name: key.key_name })
      }),
    check: (key: KeyName) =>
      run(key, async () => {
        const { reachable, latency_ms, message } = await checkKey(key.id)
        return reachable
          ? t('keys.checked', { name: key.key_name, ms: latency_ms ?? 0 })
          : t('keys.checkFailed', { name: key.key_name, reason: message ?? '' })
      }),
  }
}
