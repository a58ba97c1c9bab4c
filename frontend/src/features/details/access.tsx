import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Trash2 } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { toast } from 'sonner'

import type { AddressDuration, ProxyKeyView } from '../../../../backend/src/contract/index.ts'
import { allowAddress, removeAddress, replaceToken } from '@/api/actions'
import { connectionQuery } from '@/api/queries'
import { ConfirmDialog } from '@/components/confirm-dialog'
import { CopyButton } from '@/components/copy'
import { Button } from '@/components/ui/button'
import { Field, Input, Select } from '@/components/ui/field'
import { formatTime } from '@/i18n/format'
import { useDescribeError, useFieldMessage } from '@/lib/describe-error'

const durations = ['1h', '24h', '7d', 'forever'] as const satisfies readonly AddressDuration[]

/** Access is who may use an endpoint: by its token, or from an address. */
export function Access({ row }: { row: ProxyKeyView }) {
  return (
    <div className="grid grid-cols-1 gap-6">
      <Token row={row} />
      <Addresses row={row} />
    </div>
  )
}

function Token({ row }: { row: ProxyKeyView }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const describe = useDescribeError()
  const [isShown, setIsShown] = useState(false)
  const [isAsking, setIsAsking] = useState(false)
  const { data } = useQuery({ ...connectionQuery(row.id), enabled: isShown })
  const replace = useMutation({
    mutationFn: () => replaceToken(row.id),
    onSuccess: (connection) => {
      client.setQueryData(connectionQuery(row.id).queryKey, connection)
      setIsAsking(false)
      setIsShown(true)
      toast.success(t('access.replaced', { name: row.key_name }))
    },
    onError: (error) => toast.error(describe(error)),
  })
  return (
    <section className="grid grid-cols-1 gap-2">
      <h3 className="text-sm font-semibold">{t('access.token')}</h3>
      <p className="text-sm text-muted-foreground">{t('access.tokenHint', { username: row.subdomain })}</p>
      <div className="flex flex-wrap items-center gap-2">
        <code className="min-w-0 flex-1 truncate rounded-md bg-muted px-2.5 py-1.5 font-mono text-xs">
          {isShown && data ? data.password : '••••••••••••••••'}
        </code>
        {isShown && data ? (
          <CopyButton text={data.password} label={t('copy.this', { what: t('access.token') })} />
        ) : null}
        <Button onClick={() => setIsShown(!isShown)}>{isShown ? t('access.hide') : t('access.show')}</Button>
        <Button onClick={() => setIsAsking(true)}>{t('access.replace')}</Button>
      </div>
      {isAsking ? (
        <ConfirmDialog
          title={t('access.replaceAsk', { name: row.key_name })}
          description={t('access.replaceHint')}
          action={t('access.replace')}
          isRunning={replace.isPending}
          onConfirm={() => replace.mutate()}
          onClose={() => setIsAsking(false)}
        />
      ) : null}
    </section>
  )
}

function Addresses({ row }: { row: ProxyKeyView }) {
  const { t } = useTranslation()
  const describe = useDescribeError()
  const [asked, setAsked] = useState<string | null>(null)
  const remove = useMutation({
    mutationFn: (address: string) => removeAddress(row.id, address),
    onError: (error) => toast.error(describe(error)),
    onSettled: () => setAsked(null),
  })
  const { allowed_addresses: entries, allowed_ips: networks } = row
  return (
    <section className="grid grid-cols-1 gap-2">
      <h3 className="text-sm font-semibold">{t('access.addresses')}</h3>
      <p className="text-sm text-muted-foreground">{t('access.addressesHint')}</p>
      {entries.length + networks.length === 0 ? <p className="text-sm">{t('access.noAddress')}</p> : null}
      <ul className="text-sm">
        {networks.map((network) => (
          <li key={network} className="flex min-h-9 flex-wrap items-center gap-x-3 border-b border-border">
            <span className="flex-1 font-mono whitespace-nowrap">{network}</span>
            <span className="text-muted-foreground">{t('access.bySettings')}</span>
          </li>
        ))}
        {entries.map(({ address, until, made_by }) => (
          <li
            key={`${address} ${made_by}`}
            className="flex min-h-9 flex-wrap items-center gap-x-3 border-b border-border"
          >
            <span className="flex-1 font-mono whitespace-nowrap">{address}</span>
            <span className="text-muted-foreground">
              {until === null ? t('access.untilRemoved') : t('access.until', { time: formatTime(until) })}
              {made_by === 'token' ? `, ${t('access.byToken')}` : null}
            </span>
            <Button
              variant="ghost"
              size="icon"
              aria-label={t('access.remove', { address })}
              disabled={remove.isPending}
              onClick={() => setAsked(address)}
            >
              <Trash2 />
            </Button>
          </li>
        ))}
      </ul>
      <AllowForm id={row.id} />
      {asked === null ? null : (
        <ConfirmDialog
          title={t('access.removeAsk', { address: asked })}
          description={t('access.removeHint', { name: row.key_name })}
          action={t('access.removeIt')}
          isRunning={remove.isPending}
          onConfirm={() => remove.mutate(asked)}
          onClose={() => setAsked(null)}
        />
      )}
    </section>
  )
}

function AllowForm({ id }: { id: number }) {
  const { t } = useTranslation()
  const describe = useDescribeError()
  const fieldMessage = useFieldMessage()
  const [address, setAddress] = useState('')
  const [duration, setDuration] = useState<AddressDuration>('24h')
  const allow = useMutation({
    mutationFn: () => allowAddress(id, address.trim(), duration),
    onSuccess: ({ also_allowed_for }) => {
      setAddress('')
      if (also_allowed_for.length > 0) toast.warning(t('access.alsoFor', { names: also_allowed_for.join(', ') }))
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!allow.isPending && address.trim() !== '') allow.mutate()
  }
  const error = allow.error ? (fieldMessage(allow.error, 'address') ?? describe(allow.error)) : null
  return (
    <form onSubmit={submit} className="mt-2 grid items-start gap-2 sm:grid-cols-[1fr_10rem_auto]">
      <Field label={t('access.address')} error={error}>
        {(control) => (
          <Input
            {...control}
            className="font-mono"
            placeholder="203.0.113.7"
            value={address}
            onChange={(event) => setAddress(event.target.value)}
          />
        )}
      </Field>
      <Field label={t('access.for')}>
        {(control) => (
          <Select
            {...control}
            value={duration}
            onChange={(event) => setDuration(event.target.value as AddressDuration)}
          >
            {durations.map((choice) => (
              <option key={choice} value={choice}>
                {t(`access.durations.${choice}`)}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Button type="submit" className="sm:mt-6" disabled={allow.isPending || address.trim() === ''}>
        {t('access.allow')}
      </Button>
    </form>
  )
}
