import { RefreshCw } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { toast } from 'sonner'

import type { ProxyKeyView } from '../../../../backend/src/contract/index.ts'
import { Button } from '@/components/ui/button'
import { Tooltip } from '@/components/ui/tooltip'
import { formatDuration } from '@/i18n/format'
import { cn } from '@/lib/cn'
import { useSecondsUntil } from '@/lib/now'

import { useKeyActions, useUnderway } from './rotate'

interface RotateButtonProps {
  row: ProxyKeyView
  /** With its word, where there is room. */
  isLarge?: boolean
}

/** RotateButton counts the cooldown down and can be pressed when it is over. */
export function RotateButton({ row, isLarge = false }: RotateButtonProps) {
  const { t } = useTranslation()
  const { rotate } = useKeyActions()
  const cooldown = useSecondsUntil(row.next_request_at) ?? 0
  const isRotating = useUnderway(row.id) === 'rotate' || row.status === 'rotating'
  const isBarred = cooldown > 0 || isRotating || !row.is_active
  const label = isRotating
    ? t('keys.rotatingName', { name: row.key_name })
    : cooldown > 0
      ? t('keys.cooldownName', { name: row.key_name, count: cooldown })
      : t('keys.rotateName', { name: row.key_name })
  return (
    <Tooltip text={label}>
      <Button
        variant={isLarge ? 'outline' : 'ghost'}
        size={isLarge ? 'md' : 'sm'}
        className={isLarge ? 'min-w-28' : 'w-16 justify-start px-1.5'}
        aria-label={label}
        aria-disabled={isBarred}
        data-action="rotate"
        onClick={() => (isBarred ? cooldown > 0 && toast.info(label, { id: `cooldown-${row.id}` }) : void rotate(row))}
      >
        <RefreshCw aria-hidden className={cn(isRotating && 'animate-spin')} />
        {cooldown > 0 ? <span aria-hidden>{formatDuration(cooldown)}</span> : isLarge ? t('keys.rotate') : null}
      </Button>
    </Tooltip>
  )
}
