import { useId, type ComponentProps, type ReactNode } from 'react'

import { cn } from '@/lib/cn'

const boxClass =
  'w-full rounded-md border border-input bg-background px-2.5 text-base placeholder:text-muted-foreground/80 disabled:opacity-55 aria-invalid:border-danger md:text-sm'

export function Input({ className, ...props }: ComponentProps<'input'>) {
  return <input className={cn(boxClass, 'h-8', className)} {...props} />
}

export function Textarea({ className, ...props }: ComponentProps<'textarea'>) {
  return <textarea className={cn(boxClass, 'min-h-20 py-1.5 font-mono text-sm', className)} {...props} />
}

export function Select({ className, ...props }: ComponentProps<'select'>) {
  return <select className={cn(boxClass, 'h-8 bg-background pr-1', className)} {...props} />
}

interface FieldProps {
  label: ReactNode
  hint?: ReactNode
  error?: string | null
  className?: string
  /** Gets what joins the control with its label, hint and error. */
  children: (control: { id: string; 'aria-describedby': string; 'aria-invalid': boolean }) => ReactNode
}

/** Field is a control with its label above and its hint, or what is wrong with it, below. */
export function Field({ label, hint, error = null, className, children }: FieldProps) {
  const id = useId()
  return (
    <div className={cn('grid content-start gap-1', className)}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children({ id, 'aria-describedby': `${id}-note`, 'aria-invalid': error !== null })}
      <p
        id={`${id}-note`}
        className={cn('min-h-4 text-xs', error === null ? 'text-muted-foreground' : 'text-danger')}
        aria-live="polite"
      >
        {error ?? hint}
      </p>
    </div>
  )
}

interface CheckFieldProps extends Omit<ComponentProps<'input'>, 'type'> {
  label: ReactNode
  hint?: ReactNode
}

/** CheckField is a checkbox with its label beside it and its hint below. */
export function CheckField({ label, hint, ...props }: CheckFieldProps) {
  const id = useId()
  return (
    <div className="grid grid-cols-[auto_1fr] gap-x-2.5">
      <input
        id={id}
        type="checkbox"
        aria-describedby={`${id}-hint`}
        className="mt-1 size-4 shrink-0 accent-accent"
        {...props}
      />
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <p id={`${id}-hint`} className="col-start-2 text-xs text-muted-foreground">
        {hint}
      </p>
    </div>
  )
}
