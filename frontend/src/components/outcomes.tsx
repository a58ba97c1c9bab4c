import { Check, X } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import { Progress } from './ui/progress'

/** Outcome is what came of one of many. */
export interface Outcome {
  id: number
  name: string
  isGood: boolean
  text: string
}

interface OutcomesProps {
  label: string
  total: number
  outcomes: readonly Outcome[]
}

/** Outcomes show how far work on many has come, and what came of each, failures first. */
export function Outcomes({ label, total, outcomes }: OutcomesProps) {
  const { t } = useTranslation()
  const failed = outcomes.filter(({ isGood }) => !isGood).length
  const sorted = [...outcomes.filter(({ isGood }) => !isGood), ...outcomes.filter(({ isGood }) => isGood)]
  return (
    <div className="grid gap-2">
      <Progress label={label} done={outcomes.length} total={total} />
      <p className="text-sm" role="status">
        {t('bulk.progress', { done: outcomes.length, total })}
        {failed === 0 ? '' : ` ${t('bulk.failed', { count: failed })}`}
      </p>
      <ul aria-label={t('bulk.outcomes')} className="max-h-[45vh] overflow-y-auto text-sm" tabIndex={0}>
        {sorted.map(({ id, name, isGood, text }) => (
          <li key={id} className="flex items-start gap-2 border-t border-border py-1.5">
            {isGood ? (
              <Check aria-label={t('bulk.good')} className="mt-0.5 size-4 shrink-0 text-success" />
            ) : (
              <X aria-label={t('bulk.bad')} className="mt-0.5 size-4 shrink-0 text-danger" />
            )}
            <span className="w-24 shrink-0 sm:w-32 truncate font-medium" title={name}>
              {name}
            </span>
            <span className="min-w-0 break-words text-muted-foreground">{text}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
