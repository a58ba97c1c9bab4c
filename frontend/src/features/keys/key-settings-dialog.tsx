import { useQuery } from '@tanstack/react-query'
import { useEffect, useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { toast } from 'sonner'

import { cleanProviderKey, looksLikeKey } from '../../../../backend/src/contract/patterns.ts'
import type {
  Overrides,
  ProxyKeyView,
  Region,
  Settings,
  UpdateProxyRequest,
} from '../../../../backend/src/contract/index.ts'
import { changeKey } from '@/api/actions'
import { keysQuery, settingsQuery } from '@/api/queries'
import { FormError } from '@/components/form-error'
import { ErrorState } from '@/components/state'
import { Button } from '@/components/ui/button'
import { Dialog, DialogActions } from '@/components/ui/dialog'
import { CheckField, Field, Input, Select, Textarea } from '@/components/ui/field'
import { Skeleton } from '@/components/ui/skeleton'
import { useFieldMessage } from '@/lib/describe-error'
import { trafficNames } from '@/lib/traffic-names'
import { toTypedNumber } from '@/lib/typed-number'
import { isProviderKey } from '@/lib/provider-key'

import { closeDialog } from '../dialogs'
import { RegionField } from './region-field'

/** KeySettingsDialog changes what an admin decides about one key. */
export function KeySettingsDialog({ id }: { id: number }) {
  const { t } = useTranslation()
  const { data: row, isSuccess } = useQuery({ ...keysQuery, select: (keys) => keys.find((key) => key.id === id) })
  const { data: settings, error, refetch } = useQuery(settingsQuery)
  const [isEdited, setIsEdited] = useState(false)
  const isGone = isSuccess && row === undefined
  useEffect(() => {
    if (!isGone) return
    closeDialog()
    toast.error(t('details.gone'))
  }, [isGone, t])
  return (
    <Dialog
      title={t('keySettings.title', { name: row?.key_name })}
      description={row?.endpoint ?? ''}
      holdsInput={isEdited}
      onClose={closeDialog}
    >
      {row && settings ? (
        <KeyForm row={row} settings={settings} onEdit={setIsEdited} />
      ) : error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <Skeleton className="h-96" />
      )}
    </Dialog>
  )
}

interface Draft {
  name: string
  newKey: string
  region: Region
  isActive: boolean
  protocol: ProxyKeyView['upstream_protocol']
  allowedIps: string
  asksAlways: boolean
  localAddress: string
  overrides: Record<(typeof trafficNames)[number], string>
}

function toDraft(row: ProxyKeyView): Draft {
  const text = (value: Overrides[keyof Overrides]) => (value === undefined ? '' : String(value))
  return {
    name: row.key_name,
    newKey: '',
    region: row.region,
    isActive: row.is_active,
    protocol: row.upstream_protocol,
    allowedIps: row.allowed_ips.join('\n'),
    asksAlways: row.always_ask,
    localAddress: row.local_address ?? '',
    overrides: {
      drain_seconds: text(row.overrides.drain_seconds),
      idle_drain_ms: text(row.overrides.idle_drain_ms),
      hold_seconds: text(row.overrides.hold_seconds),
      tunnel_idle_minutes: text(row.overrides.tunnel_idle_minutes),
    },
  }
}

/** Only what differs is sent: what another admin changed meanwhile stays. */
function toChange(draft: Draft, before: Draft): UpdateProxyRequest {
  const words = (text: string) => text.split(/[\s,]+/).filter(Boolean)
  const isOther = (field: keyof Draft) => JSON.stringify(draft[field]) !== JSON.stringify(before[field])
  const overrides = Object.fromEntries(
    Object.entries(draft.overrides)
      .filter(([, value]) => value.trim() !== '')
      .map(([name, value]) => [name, toTypedNumber(value)]),
  )
  return {
    ...(isOther('name') ? { key_name: draft.name } : {}),
    ...(draft.newKey === '' ? {} : { kiotproxy_key: draft.newKey }),
    ...(isOther('region') ? { region: draft.region } : {}),
    ...(isOther('isActive') ? { is_active: draft.isActive } : {}),
    ...(isOther('protocol') ? { upstream_protocol: draft.protocol } : {}),
    ...(isOther('allowedIps') ? { allowed_ips: words(draft.allowedIps) } : {}),
    ...(isOther('asksAlways') ? { always_ask: draft.asksAlways } : {}),
    ...(isOther('localAddress') ? { local_address: draft.localAddress.trim() || null } : {}),
    ...(isOther('overrides') ? { overrides } : {}),
  }
}

interface KeyFormProps {
  row: ProxyKeyView
  settings: Settings
  /** Told whether something differs from what is saved. */
  onEdit: (isEdited: boolean) => void
}

function KeyForm({ row, settings, onEdit }: KeyFormProps) {
  const { t } = useTranslation()
  const fieldMessage = useFieldMessage()
  const [before] = useState(() => toDraft(row))
  const [draft, setDraft] = useState(before)
  const [error, setError] = useState<unknown>(null)
  const [isRunning, setIsRunning] = useState(false)
  const set = (part: Partial<Draft>) => {
    const next = { ...draft, ...part }
    setDraft(next)
    onEdit(Object.keys(toChange(next, before)).length > 0)
  }
  const isBadKey = draft.newKey !== '' && !isProviderKey(draft.newKey)
  const isKeyAsName = draft.name !== before.name && looksLikeKey(draft.name)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (isRunning || isBadKey || isKeyAsName) return
    setIsRunning(true)
    setError(null)
    try {
      await changeKey(row.id, toChange(draft, before))
      toast.success(t('keySettings.saved', { name: draft.name }))
      closeDialog()
    } catch (failure) {
      setError(failure)
      setIsRunning(false)
    }
  }
  return (
    <form onSubmit={(event) => void submit(event)} className="grid gap-3">
      <Field label={t('add.name')} error={isKeyAsName ? t('add.nameLikeKey') : fieldMessage(error, 'key_name')}>
        {(control) => (
          <Input
            {...control}
            required
            maxLength={100}
            value={draft.name}
            onChange={(event) => set({ name: event.target.value })}
          />
        )}
      </Field>
      <Field
        label={t('keySettings.newKey')}
        hint={t('keySettings.newKeyHint', { key: row.kiotproxy_key })}
        error={isBadKey ? t('add.keyFormat') : fieldMessage(error, 'kiotproxy_key')}
      >
        {(control) => (
          <Input
            {...control}
            spellCheck={false}
            autoComplete="off"
            className="font-mono"
            value={draft.newKey}
            onChange={(event) => set({ newKey: cleanProviderKey(event.target.value) })}
          />
        )}
      </Field>
      <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2">
        <RegionField
          label={t('add.region')}
          hint={t('add.regionHint')}
          value={draft.region}
          onChange={(chosen) => set({ region: chosen })}
        />
        <Field label={t('keySettings.protocol')} hint={t('keySettings.protocolHint')}>
          {(control) => (
            <Select
              {...control}
              value={draft.protocol}
              onChange={(event) => set({ protocol: event.target.value as Draft['protocol'] })}
            >
              <option value="http">HTTP</option>
              <option value="socks5">SOCKS5</option>
            </Select>
          )}
        </Field>
      </div>
      <CheckField
        label={t('keySettings.active')}
        hint={t('keySettings.activeHint')}
        checked={draft.isActive}
        onChange={(event) => set({ isActive: event.target.checked })}
      />
      <Field
        label={t('keySettings.allowedIps')}
        hint={t('keySettings.allowedIpsHint')}
        error={fieldMessage(error, 'allowed_ips')}
      >
        {(control) => (
          <Textarea
            {...control}
            rows={3}
            spellCheck={false}
            placeholder={'203.0.113.7\n198.51.100.0/24'}
            value={draft.allowedIps}
            onChange={(event) => set({ allowedIps: event.target.value })}
          />
        )}
      </Field>
      <CheckField
        label={t('keySettings.asksAlways')}
        hint={t('keySettings.asksAlwaysHint')}
        checked={draft.asksAlways}
        onChange={(event) => set({ asksAlways: event.target.checked })}
      />
      <details className="rounded-md border border-border px-3 py-2">
        <summary className="text-sm font-medium">{t('keySettings.more')}</summary>
        <div className="mt-3 grid gap-x-4 gap-y-3 sm:grid-cols-2">
          <Field
            className="sm:col-span-2"
            label={t('keySettings.localAddress')}
            hint={t('keySettings.localAddressHint')}
            error={fieldMessage(error, 'local_address')}
          >
            {(control) => (
              <Input
                {...control}
                className="font-mono"
                value={draft.localAddress}
                onChange={(event) => set({ localAddress: event.target.value })}
              />
            )}
          </Field>
          {trafficNames.map((name) => (
            <Field
              key={name}
              label={t(`settings.${name}`)}
              hint={t('keySettings.override', { value: settings[name] })}
              error={fieldMessage(error, `overrides.${name}`)}
            >
              {(control) => (
                <Input
                  {...control}
                  inputMode={name === 'drain_seconds' ? 'text' : 'numeric'}
                  placeholder={String(settings[name])}
                  value={draft.overrides[name]}
                  onChange={(event) => set({ overrides: { ...draft.overrides, [name]: event.target.value } })}
                />
              )}
            </Field>
          ))}
        </div>
      </details>
      <FormError error={error} />
      <DialogActions>
        <Button onClick={closeDialog}>{t('common.cancel')}</Button>
        <Button type="submit" variant="primary" disabled={isRunning || isBadKey || isKeyAsName}>
          {isRunning ? t('common.saving') : t('common.save')}
        </Button>
      </DialogActions>
    </form>
  )
}
