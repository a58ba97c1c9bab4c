import { Circle, CirclePause, LoaderCircle, Square, TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import type { KeyStatus } from '../../../backend/src/contract/index.ts'
import { cn } from '@/lib/cn'

const signs = {
  active: { Icon: Circle, className: 'text-success [&_svg]:fill-current' },
  rotating: { Icon: LoaderCircle, className: 'text-accent [&_svg]:animate-spin' },
  pending: { Icon: LoaderCircle, className: 'text-muted-foreground [&_svg]:animate-spin' },
  unreachable: { Icon: TriangleAlert, className: 'text-warning' },
  expired: { Icon: Square, className: 'text-danger [&_svg]:fill-current' },
  key_expired: { Icon: Square, className: 'text-danger [&_svg]:fill-current' },
  key_unknown: { Icon: Square, className: 'text-danger [&_svg]:fill-current' },
  invalid: { Icon: Square, className: 'text-danger [&_svg]:fill-current' },
  inactive: { Icon: CirclePause, className: 'text-muted-foreground' },
} as const satisfies Record<KeyStatus, object>

/** Status is the state of a key as a sign and a word: never by colour alone. */
export function Status({ status, className }: { status: KeyStatus; className?: string }) {
  const { t } = useTranslation()
  const { Icon, className: color } = signs[status]
  return (
    <span className={cn('inline-flex items-center gap-1.5 font-medium whitespace-nowrap', color, className)}>
      <Icon aria-hidden className="size-3 shrink-0" />
      {t(`status.${status}`)}
    </span>
  )
}
