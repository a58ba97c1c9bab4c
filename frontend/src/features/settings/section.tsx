import type { ReactNode } from 'react'

interface SectionProps {
  title: string
  hint?: ReactNode
  children: ReactNode
}

/** Section is a part of the settings, with its name. */
export function Section({ title, hint, children }: SectionProps) {
  return (
    <section aria-label={title} className="grid gap-4 border-t border-border pt-4">
      <div>
        <h2 className="text-base font-semibold">{title}</h2>
        {hint === undefined ? null : <p className="text-sm text-muted-foreground">{hint}</p>}
      </div>
      {children}
    </section>
  )
}
