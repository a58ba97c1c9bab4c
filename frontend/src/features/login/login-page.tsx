import { useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'

import { signIn } from '@/api/actions'
import { meQuery } from '@/api/queries'
import { Logo } from '@/components/logo'
import { Button } from '@/components/ui/button'
import { Field, Input } from '@/components/ui/field'
import { PasswordField } from '@/components/ui/password-field'
import { useDescribeError } from '@/lib/describe-error'

import { openDialog } from '../dialogs'

/** LoginPage takes the place of any page while nobody is signed in; the page is there again afterwards. */
export function LoginPage({ hasEnded }: { hasEnded: boolean }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const describe = useDescribeError()
  const [username, setUsername] = useState('admin')
  const [password, setPassword] = useState('')
  const [error, setError] = useState<unknown>(null)
  const [isRunning, setIsRunning] = useState(false)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (isRunning) return
    setIsRunning(true)
    setError(null)
    try {
      await signIn(username, password)
      const me = await client.fetchQuery({ ...meQuery, staleTime: 0 })
      if (me.has_generated_password) openDialog.set({ kind: 'password', isOffer: true })
    } catch (failure) {
      setError(failure)
      setIsRunning(false)
    }
  }
  return (
    <main className="mx-auto grid min-h-[85vh] w-full max-w-80 content-center gap-6 px-4">
      <h1 className="flex items-center gap-2 text-lg font-semibold">
        <Logo />
        Stillpoint
      </h1>
      {hasEnded ? (
        <p role="status" className="text-sm">
          {t('login.ended')}
        </p>
      ) : null}
      <form onSubmit={(event) => void submit(event)} className="grid gap-2">
        <Field label={t('login.username')}>
          {(control) => (
            <Input
              {...control}
              required
              autoComplete="username"
              value={username}
              onChange={(event) => setUsername(event.target.value)}
            />
          )}
        </Field>
        <PasswordField
          label={t('login.password')}
          hint={t('login.hint')}
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
        />
        <p role="alert" className="min-h-5 text-sm text-danger">
          {error === null ? null : describe(error)}
        </p>
        <Button type="submit" variant="primary" disabled={isRunning}>
          {isRunning ? t('login.running') : t('login.submit')}
        </Button>
      </form>
    </main>
  )
}
