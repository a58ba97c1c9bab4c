import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { toast } from 'sonner'

import { changePassword } from '@/api/actions'
import { meQuery, sessionsQuery } from '@/api/queries'
import { FormError } from '@/components/form-error'
import { Button } from '@/components/ui/button'
import { Dialog, DialogActions } from '@/components/ui/dialog'
import { PasswordField } from '@/components/ui/password-field'
import { useFieldMessage } from '@/lib/describe-error'
import { ApiError } from '@/api/client'

import { closeDialog } from '../dialogs'

const minLength = 8

interface PasswordDialogProps {
  /** It comes by itself, after the first login with a password that was generated. */
  isOffer: boolean
}

/** PasswordDialog changes the admin's password. */
export function PasswordDialog({ isOffer }: PasswordDialogProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const fieldMessage = useFieldMessage()
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [again, setAgain] = useState('')
  const change = useMutation({
    mutationFn: () => changePassword(current, next),
    onSuccess: async () => {
      toast.success(t('account.passwordChanged'))
      closeDialog()
      await client.invalidateQueries({ queryKey: meQuery.queryKey })
      await client.invalidateQueries({ queryKey: sessionsQuery.queryKey })
    },
  })
  const isShort = next !== '' && next.length < minLength
  const isOther = again !== '' && again !== next
  const isWrong = change.error instanceof ApiError && change.error.code === 'wrong_credentials'
  const isCommon = change.error instanceof ApiError && change.error.code === 'common_password'
  const canSubmit = current !== '' && next.length >= minLength && again === next && !change.isPending
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (canSubmit) change.mutate()
  }
  const refusal = isCommon ? t('problem.common_password') : fieldMessage(change.error, 'new_password')
  const nextError = isShort ? t('account.tooShort', { count: minLength }) : refusal
  return (
    <Dialog
      title={t(isOffer ? 'account.offerTitle' : 'account.changePassword')}
      description={t(isOffer ? 'account.offerHint' : 'account.changeHint')}
      onClose={closeDialog}
    >
      <form onSubmit={submit} className="grid gap-3">
        <PasswordField
          label={t('account.current')}
          error={isWrong ? t('problem.wrong_credentials') : null}
          autoComplete="current-password"
          value={current}
          onChange={setCurrent}
        />
        <PasswordField
          label={t('account.new')}
          hint={t('account.newHint', { count: minLength })}
          error={nextError}
          autoComplete="new-password"
          value={next}
          onChange={setNext}
        />
        <PasswordField
          label={t('account.again')}
          error={isOther ? t('account.notSame') : null}
          autoComplete="new-password"
          value={again}
          onChange={setAgain}
        />
        <FormError error={isWrong || nextError !== null ? null : change.error} />
        <DialogActions>
          <Button onClick={closeDialog}>{t(isOffer ? 'account.later' : 'common.cancel')}</Button>
          <Button type="submit" variant="primary" disabled={!canSubmit}>
            {change.isPending ? t('common.saving') : t('account.changePassword')}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
