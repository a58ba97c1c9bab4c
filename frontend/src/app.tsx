import { useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Toaster } from 'sonner'
import { Redirect, Route, Switch } from 'wouter'

import { ApiError, signedOutCount } from './api/client'
import { followServer } from './api/live'
import { meQuery } from './api/queries'
import { AppHeader } from './components/app-header'
import { EmptyState, ErrorState, Fence } from './components/state'
import { Skeleton } from './components/ui/skeleton'
import { closeDialog } from './features/dialogs'
import { DialogHost } from './features/dialog-host'
import { KeysPage } from './features/keys/keys-page'
import { Shortcuts } from './features/shortcuts'
import { useStore } from './lib/store'
import { isDark, theme } from './lib/theme'

const LoginPage = lazy(async () => ({ default: (await import('./features/login/login-page')).LoginPage }))
const DetailsSheet = lazy(async () => ({ default: (await import('./features/details/details-sheet')).DetailsSheet }))
const ActivityPage = lazy(async () => ({ default: (await import('./features/activity/activity-page')).ActivityPage }))
const SettingsPage = lazy(async () => ({ default: (await import('./features/settings/settings-page')).SettingsPage }))

/** App is the login, or the pages for who is signed in. The URL stays through a login. */
export function App() {
  const client = useQueryClient()
  const { data: me, error, refetch } = useQuery(meQuery)
  const isSignedOut = error instanceof ApiError && error.code === 'not_authenticated'
  const wasSignedIn = useRef(false)
  useEffect(() => signedOutCount.subscribe(() => void client.refetchQueries({ queryKey: meQuery.queryKey })), [client])
  useEffect(() => {
    if (me && !isSignedOut) wasSignedIn.current = true
    if (!isSignedOut) return
    // What the one saw is not for the next.
    closeDialog()
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== meQuery.queryKey[0] })
  }, [client, isSignedOut, me])
  useStore(theme)
  return (
    <>
      {isSignedOut ? (
        <Suspense fallback={null}>
          <LoginPage hasEnded={wasSignedIn.current} />
        </Suspense>
      ) : me ? (
        <SignedIn />
      ) : error ? (
        <main className="mx-auto max-w-prose px-4 pt-24">
          <ErrorState error={error} onRetry={() => void refetch()} />
        </main>
      ) : (
        <Skeleton className="m-4 h-8" />
      )}
      <Toaster position="bottom-right" theme={isDark() ? 'dark' : 'light'} closeButton />
    </>
  )
}

function SignedIn() {
  const { t } = useTranslation()
  const client = useQueryClient()
  useEffect(() => followServer(client), [client])
  return (
    <>
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-60 focus:bg-popover focus:p-2"
      >
        {t('nav.skip')}
      </a>
      <AppHeader />
      <main id="content" tabIndex={-1} className="pb-16 outline-none">
        <Fence>
          <Suspense fallback={<Skeleton className="m-4 h-40" />}>
            <Switch>
              <Route path="/login">
                <Redirect to="/" replace />
              </Route>
              <Route path="/activity">
                <ActivityPage />
              </Route>
              <Route path="/settings">
                <SettingsPage />
              </Route>
              <Route path="/">
                <KeysPage openId={null} />
              </Route>
              <Route path="/keys/:id">{({ id }) => <KeysPage openId={Number(id)} />}</Route>
              <Route>
                <div className="px-4">
                  <EmptyState title={t('nav.notFound')} />
                </div>
              </Route>
            </Switch>
          </Suspense>
          <Suspense fallback={null}>
            <Route path="/keys/:id">{({ id }) => <DetailsSheet id={Number(id)} />}</Route>
          </Suspense>
        </Fence>
      </main>
      <DialogHost />
      <Shortcuts />
    </>
  )
}
