import { useTranslation } from 'react-i18next'
import { toast } from 'sonner'

import type { ProxyKeyView } from '../../../../backend/src/contract/index.ts'
import { checkKey, restartKey, rotateKey } from '@/api/actions'
import { useDescribeError } from '@/lib/describe-error'
import { createStore, useStore } from '@/lib/store'

/** Work is what was asked of a key here. */
export type Work = 'rotate' | 'restart' | 'check'

/** underway is what was asked of keys here and is not answered yet, by their ids. */
const underway = createStore<ReadonlyMap<number, Work>>(new Map())

/** runOnce does something to a key unless something is being done to it: a double click is one. */
async function runOnce<T>(id: number, work: Work, run: () => Promise<T>): Promise<T | undefined> {
  if (underway.get().has(id)) return undefined
  underway.set(new Map(underway.get()).set(id, work))
  try {
    return await run()
  } finally {
    const rest = new Map(underway.get())
    rest.delete(id)
    underway.set(rest)
  }
}

/** useUnderway is what is being done to a key; undefined for nothing. */
export function useUnderway(id: number): Work | undefined {
  return useStore(underway, (works) => works.get(id))
}

type KeyName = Pick<ProxyKeyView, 'id' | 'key_name' | 'subdomain'>

interface Told {
  isGood: boolean
  text: string
}

/** useKeyActions are what a row's buttons do; each tells what came of it. */
export function useKeyActions() {
  const { t } = useTranslation()
  const describe = useDescribeError()
  const run = async (key: KeyName, work: Work, act: () => Promise<Told>) => {
    try {
      const told = await runOnce(key.id, work, act)
      if (told !== undefined) toast[told.isGood ? 'success' : 'error'](told.text)
    } catch (error) {
      toast.error(`${key.key_name}: ${describe(error)}`)
    }
  }
  return {
    rotate: (key: KeyName) =>
      run(key, 'rotate', async () => {
        const { old_ip, new_ip } = await rotateKey(key.id)
        return { isGood: true, text: t('keys.rotated', { name: key.key_name, from: old_ip ?? '–', to: new_ip ?? '–' }) }
      }),
    restart: (key: KeyName) =>
      run(key, 'restart', async () => {
        await restartKey(key.id)
        return { isGood: true, text: t('keys.restarted', { name: key.key_name }) }
      }),
    check: (key: KeyName) =>
      run(key, 'check', async () => {
        const { reachable, latency_ms, message } = await checkKey(key.id)
        const text = reachable
          ? t('keys.checked', { name: key.key_name, ms: latency_ms ?? 0 })
          : t('keys.checkFailed', { name: key.key_name, reason: message ?? '' })
        return { isGood: reachable, text }
      }),
  }
}
