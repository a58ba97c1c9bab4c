import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { ProxyKeyView } from '../../../../backend/src/contract/index.ts'
import { changeKey, deleteKey, restartKey, rotateKey } from '@/api/actions'
import { Outcomes, type Outcome } from '@/components/outcomes'
import { Button } from '@/components/ui/button'
import { Dialog, DialogActions } from '@/components/ui/dialog'
import { useDescribeError } from '@/lib/describe-error'
import { runMany } from '@/lib/run-many'

import { closeDialog, type BulkVerb } from '../dialogs'

const atOnce = 6

interface BulkDialogProps {
  verb: BulkVerb
  keys: readonly ProxyKeyView[]
}

/** BulkDialog does something to many keys and shows what comes of each. It begins at once. */
export function BulkDialog({ verb, keys }: BulkDialogProps) {
  const { t } = useTranslation()
  const { outcomes, isRunning, stop } = useBulk(verb, keys)
  const title = t(`bulk.titles.${verb}`, { count: keys.length })
  return (
    <Dialog title={title} canClose={!isRunning} onClose={closeDialog}>
      <Outcomes label={title} total={keys.length} outcomes={outcomes} />
      <DialogActions>
        {isRunning ? (
          <Button onClick={stop}>{t('bulk.stop')}</Button>
        ) : (
          <Button variant="primary" onClick={closeDialog}>
            {t('common.done')}
          </Button>
        )}
      </DialogActions>
    </Dialog>
  )
}

function useBulk(verb: BulkVerb, keys: readonly ProxyKeyView[]) {
  const { t } = useTranslation()
  const describe = useDescribeError()
  const [outcomes, setOutcomes] = useState<readonly Outcome[]>([])
  const [isRunning, setIsRunning] = useState(true)
  const isStopped = useRef(false)
  const hasBegun = useRef(false)

  const act = async (key: ProxyKeyView): Promise<string> => {
    switch (verb) {
      case 'rotate': {
        const { old_ip, new_ip } = await rotateKey(key.id)
        return `${old_ip ?? '–'} → ${new_ip ?? '–'}`
      }
      case 'restart':
        await restartKey(key.id)
        return t('bulk.restarted')
      case 'pause':
        await changeKey(key.id, { is_active: false })
        return t('status.inactive')
      case 'resume':
        await changeKey(key.id, { is_active: true })
        return t('bulk.resumed')
      case 'delete':
        await deleteKey(key.id)
        return t('bulk.deleted')
      default:
        return verb satisfies never
    }
  }

  useEffect(() => {
    // Strict mode mounts twice; keys are worked on once.
    if (hasBegun.current) return
    hasBegun.current = true
    const job = async (key: ProxyKeyView) => {
      const base = { id: key.id, name: key.key_name }
      const outcome = await act(key).then(
        (text) => ({ ...base, isGood: true, text }),
        (error: unknown) => ({ ...base, isGood: false, text: describe(error) }),
      )
      setOutcomes((before) => [...before, outcome])
    }
    void runMany(keys, atOnce, job, () => isStopped.current).then(() => setIsRunning(false))
  })
  return { outcomes, isRunning, stop: () => (isStopped.current = true) }
}
