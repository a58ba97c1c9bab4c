import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { toast } from 'sonner'

import type { Settings } from '../../../../backend/src/contract/index.ts'
import { changeSettings } from '@/api/actions'
import { settingsQuery } from '@/api/queries'

/** useSave saves a part of the settings and says so. */
export function useSave() {
  const { t } = useTranslation()
  const client = useQueryClient()
  return useMutation({
    mutationFn: (change: Partial<Settings>) => changeSettings(change),
    onSuccess: ({ settings }) => {
      client.setQueryData(settingsQuery.queryKey, settings)
      toast.success(t('settings.saved'))
    },
  })
}
