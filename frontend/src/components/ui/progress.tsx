import { Progress as Primitive } from 'radix-ui'

/** Progress shows how much of something is done. */
export function Progress({ label, done, total }: { label: string; done: number; total: number }) {
  return (
    <Primitive.Root
      value={done}
      max={Math.max(total, 1)}
      aria-label={label}
      className="h-1.5 overflow-hidden rounded-full bg-muted"
    >
      <Primitive.Indicator
        className="h-full bg-accent transition-[width] duration-150"
        style={{ width: `${total === 0 ? 0 : (done / total) * 100}%` }}
      />
    </Primitive.Root>
  )
}
