import { cn } from '@/lib/cn'
import { useDescribeError } from '@/lib/describe-error'

interface FormErrorProps {
  /** Null for none. */
  error: unknown
  className?: string
}

/** FormError says why what was entered was not taken, where that is not told at a field. */
export function FormError({ error, className }: FormErrorProps) {
  const describe = useDescribeError()
  if (error === null) return null
  return (
    <p role="alert" className={cn('text-sm text-danger', className)}>
      {describe(error)}
    </p>
  )
}
