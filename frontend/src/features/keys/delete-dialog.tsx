import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { toast } from 'sonner'

import type { ProxyKeyView } from '../../../../backend/src/contract/index.ts'
import { deleteKey, restoreKey } from '@/api/actions'
import { ConfirmDialog } from '@/components/confirm-dialog'
import { useDescribeError } from '@/lib/describe-error'

import { closeDialog, openDialog } from '../dialogs'

/** As long as the server can bring it back. */
const undoMs = 10_000

/** DeleteDialog asks before keys are deleted, by their names. */
export function DeleteDialog({ keys }: { keys: readonly ProxyKeyView[] }) {
  const { t } = useTranslation()
  const describe = useDescribeError()
  const [isRunning, setIsRunning] = useState(false)
  const [first] = keys
  const bringBack = async ({ id, key_name }: ProxyKeyView) => {
    try {
      await restoreKey(id)
      toast.success(t('keys.restored', { name: key_name }))
    } catch (error) {
      toast.error(describe(error))
    }
  }
  const remove = async () => {
    if (keys.length !== 1 || first === undefined) return openDialog.set({ kind: 'bulk', verb: 'delete', keys })
    setIsRunning(true)
    try {
      await deleteKey(first.id)
      closeDialog()
      const onClick = () => void bringBack(first)
      toast.success(t('keys.deleted', { name: first.key_name }), {
        duration: undoMs,
        action: { label: t('keys.undo'), onClick },
      })
    } catch (error) {
      setIsRunning(false)
      toast.error(describe(error))
    }
  }
  return (
    <ConfirmDialog
      title={
        keys.length === 1
          ? t('keys.deleteAsk', { name: first?.key_name })
          : t('keys.deleteMany', { count: keys.length })
      }
      description={t('keys.deleteHint')}
      action={t('keys.delete', { count: keys.length })}
      isRunning={isRunning}
      onConfirm={() => void remove()}
      onClose={closeDialog}
    >
      <ul className="max-h-60 overflow-y-auto text-sm">
        {keys.map((key) => (
          <li key={key.id} className="flex justify-between gap-4 py-1">
            <span className="truncate font-medium">{key.key_name}</span>
            <span className="truncate font-mono text-muted-foreground">{key.endpoint}</span>
          </li>
        ))}
      </ul>
    </ConfirmDialog>
  )
}
