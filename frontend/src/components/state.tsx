import { useQueryErrorResetBoundary } from '@tanstack/react-query'
import { Component, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { useDescribeError } from '@/lib/describe-error'

import { Button } from './ui/button'

/** ErrorState says what happened and offers to try again. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation()
  const describe = useDescribeError()
  return (
    <div role="alert" className="grid justify-items-start gap-2 py-6 text-sm">
      <p>{describe(error)}</p>
      <Button onClick={onRetry}>{t('common.retry')}</Button>
    </div>
  )
}

/** EmptyState says that there is nothing, and what to do next. */
export function EmptyState({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="grid max-w-prose justify-items-start gap-3 py-10 text-sm">
      <p className="text-base font-medium">{title}</p>
      {children}
    </div>
  )
}

interface BoundaryProps {
  fallback: (error: unknown, retry: () => void) => ReactNode
  onReset: () => void
  children: ReactNode
}

class Boundary extends Component<BoundaryProps, { error: unknown }> {
  override state: { error: unknown } = { error: null }

  static getDerivedStateFromError(error: unknown) {
    return { error }
  }

  override render() {
    const { fallback, onReset, children } = this.props
    if (this.state.error === null) return children
    return fallback(this.state.error, () => {
      onReset()
      this.setState({ error: null })
    })
  }
}

/** Fence keeps an error in one part of the page from taking the rest with it. */
export function Fence({ children }: { children: ReactNode }) {
  const { reset } = useQueryErrorResetBoundary()
  return (
    <Boundary onReset={reset} fallback={(error, retry) => <ErrorState error={error} onRetry={retry} />}>
      {children}
    </Boundary>
  )
}
