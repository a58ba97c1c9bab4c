import { cn } from '@/lib/cn'

/** Skeleton stands where something will be. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={cn('block animate-pulse rounded bg-muted', className)} />
}
