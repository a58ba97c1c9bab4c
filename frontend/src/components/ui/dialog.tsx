import { X } from 'lucide-react'
import { Dialog as Primitive } from 'radix-ui'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { cn } from '@/lib/cn'

import { Button } from './button'

interface DialogProps {
  title: ReactNode
  /** What it is about, below the title. */
  description?: ReactNode
  /** `sheet` comes from the right and is as high as the window. */
  form?: 'dialog' | 'sheet'
  className?: string
  /** False keeps it open while something runs. */
  canClose?: boolean
  /** Something was typed: only a button closes it, not Escape or a click beside it. */
  holdsInput?: boolean
  onClose: () => void
  children: ReactNode
}

/** Dialog is open as long as it is there; it takes the focus and gives it back. */
export function Dialog({
  title,
  description,
  form = 'dialog',
  className,
  canClose = true,
  holdsInput = false,
  onClose,
  children,
}: DialogProps) {
  const { t } = useTranslation()
  const isSheet = form === 'sheet'
  // Who opened it gets the focus back.
  const [opener] = useState(() => document.activeElement)
  return (
    <Primitive.Root open onOpenChange={(isOpen) => !isOpen && canClose && onClose()} modal={!isSheet}>
      <Primitive.Portal>
        {isSheet ? null : <Primitive.Overlay className="fixed inset-0 z-50 bg-black/40" />}
        <Primitive.Content
          {...(description === undefined ? { 'aria-describedby': undefined } : {})}
          {...(isSheet ? { 'data-sheet': '' } : {})}
          onInteractOutside={(event) => (isSheet || holdsInput) && event.preventDefault()}
          onEscapeKeyDown={(event) => holdsInput && event.preventDefault()}
          onCloseAutoFocus={(event) => {
            event.preventDefault()
            const next =
              opener?.isConnected === true && opener !== document.body ? opener : document.getElementById('content')
            if (next instanceof HTMLElement) next.focus({ preventScroll: true })
          }}
          onOpenAutoFocus={(event) => {
            if (!isSheet) return
            // A sheet is opened to be read: the focus goes to it as a whole.
            event.preventDefault()
            if (event.target instanceof HTMLElement) event.target.focus()
          }}
          className={cn(
            'fixed z-50 flex flex-col bg-popover text-foreground shadow-xl outline-none',
            isSheet
              ? 'inset-y-0 right-0 sm:top-12 w-full animate-slide border-l border-border sm:w-[34rem]'
              : 'top-[8vh] left-1/2 max-h-[84vh] w-[min(32rem,calc(100vw-1.5rem))] -translate-x-1/2 animate-appear rounded-lg border border-border',
            className,
          )}
        >
          <div className="flex items-start gap-3 border-b border-border px-4 py-3">
            <div className="min-w-0 flex-1">
              <Primitive.Title className="truncate text-base font-semibold">{title}</Primitive.Title>
              {description === undefined ? null : (
                <Primitive.Description className="mt-0.5 text-sm text-muted-foreground">
                  {description}
                </Primitive.Description>
              )}
            </div>
            {canClose ? (
              <Primitive.Close asChild>
                <Button variant="ghost" size="icon" aria-label={t('common.close')}>
                  <X />
                </Button>
              </Primitive.Close>
            ) : null}
          </div>
          <div className="min-h-0 flex-1 scroll-pb-16 overflow-y-auto overscroll-contain px-4 py-4">{children}</div>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  )
}

/** DialogActions are the buttons at the end of a dialog, the one that does it last; they stay in sight while the rest scrolls. */
export function DialogActions({ children }: { children: ReactNode }) {
  return (
    <div className="sticky -bottom-4 -mx-4 mt-4 -mb-4 flex flex-wrap justify-end gap-2 rounded-b-lg border-t border-border bg-popover px-4 py-3">
      {children}
    </div>
  )
}
