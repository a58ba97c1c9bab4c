import { useMutation } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { toast } from 'sonner'

import { byteOrderMark } from '../../../../backend/src/lib/csv.ts'
import { exportKeys } from '@/api/actions'
import { ApiError } from '@/api/client'
import { FormError } from '@/components/form-error'
import { Button } from '@/components/ui/button'
import { Dialog, DialogActions } from '@/components/ui/dialog'
import { CheckField } from '@/components/ui/field'
import { PasswordField } from '@/components/ui/password-field'
import { download } from '@/lib/download'

import { closeDialog } from '../dialogs'

/** ExportDialog saves all keys as a file, whole only for who knows the password. */
export function ExportDialog() {
  const { t } = useTranslation()
  const [isWhole, setIsWhole] = useState(false)
  const [password, setPassword] = useState('')
  const save = useMutation({
    mutationFn: () => exportKeys(isWhole ? password : null),
    onSuccess: (text) => {
      // The browser takes the mark away when it reads the answer.
      download('stillpoint-keys.csv', byteOrderMark + text, 'text/csv')
      toast.success(t('export.done'))
      closeDialog()
    },
  })
  const isWrong = save.error instanceof ApiError && save.error.code === 'wrong_credentials'
  const canSubmit = (!isWhole || password !== '') && !save.isPending
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (canSubmit) save.mutate()
  }
  return (
    <Dialog title={t('export.title')} description={t('export.hint')} onClose={closeDialog}>
      <form onSubmit={submit} className="grid gap-3">
        <CheckField
          label={t('export.whole')}
          hint={t('export.wholeHint')}
          checked={isWhole}
          onChange={(event) => setIsWhole(event.target.checked)}
        />
        {isWhole ? (
          <PasswordField
            label={t('export.password')}
            hint={t('export.passwordHint')}
            error={isWrong ? t('problem.wrong_credentials') : null}
            autoComplete="current-password"
            value={password}
            onChange={setPassword}
          />
        ) : null}
        <FormError error={isWrong ? null : save.error} />
        <DialogActions>
          <Button onClick={closeDialog}>{t('common.cancel')}</Button>
          <Button type="submit" variant="primary" disabled={!canSubmit}>
            {t(save.isPending ? 'export.running' : 'export.submit')}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
