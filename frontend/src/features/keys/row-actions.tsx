import { PanelRightOpen, Power, Settings2, Trash2 } from 'lucide-react'
import type { ReactElement } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'

import type { ProxyKeyView } from '../../../../backend/src/contract/index.ts'
import { Button } from '@/components/ui/button'
import { Tooltip } from '@/components/ui/tooltip'

import { openDialog } from '../dialogs'
import { useKeyActions } from './rotate'
import { RotateButton } from './rotate-button'

/** RowActions are the buttons of a key: Rotate, Details, Restart, Settings, Delete. */
export function RowActions({ row }: { row: ProxyKeyView }) {
  const { t } = useTranslation()
  const { restart } = useKeyActions()
  const openDetails = useOpenDetails()
  const name = row.key_name
  return (
    <span className="flex items-center">
      <RotateButton row={row} />
      <IconAction label={t('keys.detailsName', { name })} onClick={() => openDetails(row.id)}>
        <PanelRightOpen />
      </IconAction>
      <IconAction label={t('keys.restartName', { name })} onClick={() => void restart(row)}>
        <Power />
      </IconAction>
      <IconAction
        label={t('keys.settingsName', { name })}
        onClick={() => openDialog.set({ kind: 'key-settings', id: row.id })}
      >
        <Settings2 />
      </IconAction>
      <IconAction
        label={t('keys.deleteName', { name })}
        onClick={() => openDialog.set({ kind: 'delete', keys: [row] })}
      >
        <Trash2 />
      </IconAction>
    </span>
  )
}

function IconAction({ label, onClick, children }: { label: string; onClick: () => void; children: ReactElement }) {
  return (
    <Tooltip text={label}>
      <Button variant="ghost" size="icon" aria-label={label} onClick={onClick}>
        {children}
      </Button>
    </Tooltip>
  )
}

/** useOpenDetails opens the details of a key beside the table, which stays as it is. */
export function useOpenDetails(): (id: number) => void {
  const [, navigate] = useLocation()
  return (id) => navigate(`/keys/${id}${window.location.search}`)
}
