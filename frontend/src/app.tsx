import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Suspense, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Toaster } from 'sonner'
import { Redirect, Route, Switch, useLocation } from 'wouter'

import type { ProxyKeyView } from '../../backend/src/contract/index.ts'
import { ApiError, signedOutCount } from './api/client'
import { followServer } from './api/live'
import { keysQuery, meQuery } from './api/queries'
import { AppHeader } from './components/app-header'
import { EmptyState, ErrorState, Fence } from './components/state'
import { Skeleton } from './components/ui/skeleton'
import { closeDialog } from './features/dialogs'
import { DialogHost } from './features/dialog-host'
import { KeysPage } from './features/keys/keys-page'
import { Shortcuts } from './features/shortcuts'
import { signedOutOnPurpose } from './features/sign-out'
import { lazyPart } from './lib/lazy-part'
import { useStore } from './lib/store'
import { isDark, theme } from './lib/theme'

const LoginPage = lazyPart(async () => (await import('./features/login/login-page')).LoginPage)
const DetailsSheet = lazyPart(async () => (await import('./features/details/details-sheet')).DetailsSheet)
const ActivityPage = lazyPart(async () => (await import('./features/activity/activity-page')).ActivityPage)
const SettingsPage = lazyPart(async () => (await import('./features/settings/settings-page')).SettingsPage)

/** One page, with or without the details of a key beside it: what is selected there must stay. */
const keysPath = /^\/(?:keys\/(?<id>\d+))?$/

/** App is the login, or the pages for who is signed in. The URL stays through a login. */
export function App() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const { data: me, error, refetch } = useQuery(meQuery)
  const isSignedOut = error instanceof ApiError && error.code === 'not_authenticated'
  const wasSignedIn = useRef(false)
  useEffect(() => signedOutCount.subscribe(() => void client.refetchQueries({ queryKey: meQuery.queryKey })), [client])
  useEffect(() => {
    if (me && !isSignedOut) {
      wasSignedIn.current = true
      signedOutOnPurpose.set(false)
    }
    if (!isSignedOut) return
    // What the one saw is not for the next.
    closeDialog()
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== meQuery.queryKey[0] })
  }, [client, isSignedOut, me])
  useStore(theme)
  return (
    <>
      {isSignedOut ? (
        <Fence>
          <Suspense fallback={null}>
            <LoginPage hasEnded={wasSignedIn.current && !signedOutOnPurpose.get()} />
          </Suspense>
        </Fence>
      ) : me ? (
        <SignedIn />
      ) : error ? (
        <main className="mx-auto max-w-prose px-4 pt-24">
          <ErrorState error={error} onRetry={() => void refetch()} />
        </main>
      ) : (
        <Skeleton className="m-4 h-8" />
      )}
      <Toaster
        position="bottom-left"
        style={{ fontFamily: 'inherit' }}
        theme={isDark() ? 'dark' : 'light'}
        closeButton
        containerAriaLabel={t('common.messages')}
        toastOptions={{ closeButtonAriaLabel: t('common.close') }}
      />
    </>
  )
}

function SignedIn() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [location] = useLocation()
  useEffect(() => followServer(client), [client])
  useTitle(location)
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
        <Fence key={keysPath.test(location) ? '/' : location}>
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
              <Route path={keysPath}>{({ id }) => <KeysPage openId={id === undefined ? null : Number(id)} />}</Route>
              <Route>
                <div className="px-4">
                  <EmptyState title={t('nav.notFound')} />
                </div>
              </Route>
            </Switch>
          </Suspense>
          <Suspense fallback={null}>
            <Route path={keysPath}>{({ id }) => (id === undefined ? null : <DetailsSheet id={Number(id)} />)}</Route>
          </Suspense>
        </Fence>
      </main>
      <Fence>
        <DialogHost />
      </Fence>
      <Fence>
        <Shortcuts />
      </Fence>
    </>
  )
}

/** Each page has a name of its own in the browser's tabs and history. */
function useTitle(location: string): void {
  const { t } = useTranslation()
  const { data: name } = useQuery({ ...keysQuery, select: nameOf(Number(/^\/keys\/(\d+)$/.exec(location)?.[1])) })
  const page =
    location === '/activity' ? t('nav.activity') : location === '/settings' ? t('nav.settings') : t('nav.keys')
  useEffect(() => {
    document.title = `${name ?? page} · Stillpoint`
  }, [name, page])
}

const nameOf = (id: number) => (keys: readonly ProxyKeyView[]) => keys.find((key) => key.id === id)?.key_name
