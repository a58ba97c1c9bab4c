import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { Button } from './ui/button'
import { Dialog, DialogActions } from './ui/dialog'

interface ConfirmDialogProps {
  /** The question, with the name of what it is about. */
  title: string
  description: string
  /** What the button does. */
  action: string
  isRunning: boolean
  onConfirm: () => void
  onClose: () => void
  children?: ReactNode
}

/** ConfirmDialog asks before something that can't be undone. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, description, action, isRunning, onConfirm, onClose, children } = props
  const { t } = useTranslation()
  return (
    <Dialog title={title} description={description} canClose={!isRunning} onClose={onClose}>
      {children}
      <DialogActions>
        <Button autoFocus disabled={isRunning} onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button variant="danger" disabled={isRunning} onClick={onConfirm}>
          {action}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
