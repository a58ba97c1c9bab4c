import { useMutation } from '@tanstack/react-query'
import { FlaskConical } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import { testKey } from '@/api/actions'
import { Button } from '@/components/ui/button'
import { formatNumber } from '@/i18n/format'
import { useDescribeError } from '@/lib/describe-error'

/** TestEndpoint makes one request through the endpoint, as a client would, and shows what came of it. */
export function TestEndpoint({ id }: { id: number }) {
  const { t } = useTranslation()
  const describe = useDescribeError()
  const test = useMutation({ mutationFn: () => testKey(id) })
  const { data, error, isPending } = test
  return (
    <div className="flex min-h-8 flex-wrap items-center gap-3 text-sm">
      <Button onClick={() => !isPending && test.mutate()} aria-disabled={isPending}>
        <FlaskConical aria-hidden />
        {isPending ? t('test.running') : t('test.run')}
      </Button>
      <span role="status" className="min-w-0">
        {error ? <span className="text-danger">{describe(error)}</span> : null}
        {data && !data.reachable ? (
          <span className="text-danger">{t('test.failed', { reason: data.message ?? '' })}</span>
        ) : null}
        {data?.reachable ? (
          <span className="flex flex-wrap gap-x-3">
            <span className="font-mono font-medium">{data.exit_ip}</span>
            {data.location === null ? null : <span className="text-muted-foreground">{data.location}</span>}
            <span className="text-muted-foreground">{formatNumber(data.duration_ms)} ms</span>
          </span>
        ) : null}
      </span>
    </div>
  )
}
