import { useTranslation } from 'react-i18next'

import { Button } from '@/components/ui/button'
import { useDescribeError } from '@/lib/describe-error'

import type { useSave } from './use-save'

interface SaveRowProps {
  save: ReturnType<typeof useSave>
  label: string
  /** What went wrong is told at its field already. */
  isToldAtField: boolean
  /** What was typed can't be saved. */
  isBarred?: boolean
}

/** SaveRow is the end of a form of settings: what went wrong, and the button. */
export function SaveRow({ save, label, isToldAtField, isBarred = false }: SaveRowProps) {
  const { t } = useTranslation()
  const describe = useDescribeError()
  return (
    <>
      {save.error && !isToldAtField ? (
        <p role="alert" className="col-span-full text-sm text-danger">
          {describe(save.error)}
        </p>
      ) : null}
      <div className="col-span-full">
        <Button type="submit" variant="primary" disabled={save.isPending || isBarred}>
          {save.isPending ? t('common.saving') : label}
        </Button>
      </div>
    </>
  )
}
