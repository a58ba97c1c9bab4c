import { useTranslation } from 'react-i18next'

import { FormError } from '@/components/form-error'
import { Button } from '@/components/ui/button'

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
  return (
    <>
      <FormError error={isToldAtField ? null : save.error} className="col-span-full" />
      <div className="col-span-full">
        <Button type="submit" variant="primary" disabled={save.isPending || isBarred}>
          {save.isPending ? t('common.saving') : label}
        </Button>
      </div>
    </>
  )
}
