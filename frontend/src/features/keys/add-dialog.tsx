import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'

import { looksLikeKey } from '../../../../backend/src/contract/patterns.ts'
import type { AddProxyReply, Region } from '../../../../backend/src/contract/index.ts'
import { addKey } from '@/api/actions'
import { CopyEndpoint } from '@/components/copy'
import { FormError } from '@/components/form-error'
import { Status } from '@/components/status'
import { Button } from '@/components/ui/button'
import { Dialog, DialogActions } from '@/components/ui/dialog'
import { Field, Input } from '@/components/ui/field'
import { useFieldMessage, useServerText } from '@/lib/describe-error'
import { isProviderKey, readPasted } from '@/lib/provider-key'

import { closeDialog, openDialog } from '../dialogs'
import { TestEndpoint } from '../details/test-endpoint'
import { useOpenDetails } from './row-actions'
import { RegionField } from './region-field'

/** AddDialog adds a key and then shows its endpoint. */
export function AddDialog() {
  const { t } = useTranslation()
  const [added, setAdded] = useState<AddProxyReply | null>(null)
  if (added) return <Added reply={added} onAgain={() => setAdded(null)} />
  return (
    <Dialog title={t('add.title')} description={t('add.hint')} onClose={closeDialog}>
      <AddForm onAdded={setAdded} />
    </Dialog>
  )
}

function AddForm({ onAdded }: { onAdded: (reply: AddProxyReply) => void }) {
  const { t } = useTranslation()
  const fieldMessage = useFieldMessage()
  const [name, setName] = useState('')
  const [key, setKey] = useState('')
  const [region, setRegion] = useState<Region>('random')
  const [error, setError] = useState<unknown>(null)
  const [isRunning, setIsRunning] = useState(false)
  const isBad = key !== '' && !isProviderKey(key)
  const keyError = isBad ? t('add.keyFormat') : fieldMessage(error, 'kiotproxy_key')
  const isKeyAsName = looksLikeKey(name)
  const nameError = isKeyAsName ? t('add.nameLikeKey') : fieldMessage(error, 'key_name')
  const isBarred = key === '' || isBad || isKeyAsName
  const take = (text: string) => {
    const pasted = readPasted(text)
    if (pasted.kind === 'many') return openDialog.set({ kind: 'import', text })
    setKey(pasted.key)
    if (pasted.kind === 'named' && name === '') setName(pasted.name)
  }
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (isRunning || isBarred) return
    setIsRunning(true)
    setError(null)
    try {
      onAdded(await addKey({ ...(name.trim() === '' ? {} : { key_name: name }), kiotproxy_key: key, region }))
    } catch (failure) {
      setError(failure)
      setIsRunning(false)
    }
  }
  return (
    <form onSubmit={(event) => void submit(event)} className="grid gap-3">
      <Field label={t('add.key')} hint={t('add.keyHint')} error={keyError}>
        {(control) => (
          <Input
            {...control}
            autoFocus
            required
            spellCheck={false}
            autoComplete="off"
            className="font-mono"
            placeholder="K6fa3db60f1c24c8e9d8b7a6f5e4d3c2b1"
            value={key}
            onChange={(event) => take(event.target.value)}
            // The field itself would take the ends of the lines away.
            onPaste={(event) => {
              const text = event.clipboardData.getData('text')
              if (key !== '' || readPasted(text).kind === 'key') return
              event.preventDefault()
              take(text)
            }}
          />
        )}
      </Field>
      <Field label={t('add.name')} hint={t('add.nameHint')} error={nameError}>
        {(control) => (
          <Input {...control} maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
        )}
      </Field>
      <RegionField label={t('add.region')} hint={t('add.regionHint')} value={region} onChange={setRegion} />
      <FormError error={keyError === null && nameError === null ? error : null} />
      <DialogActions>
        <Button onClick={closeDialog}>{t('common.cancel')}</Button>
        <Button type="submit" variant="primary" disabled={isRunning || isBarred}>
          {isRunning ? t('add.running') : t('add.submit')}
        </Button>
      </DialogActions>
    </form>
  )
}

function Added({ reply, onAgain }: { reply: AddProxyReply; onAgain: () => void }) {
  const { t } = useTranslation()
  const openDetails = useOpenDetails()
  const choose = useServerText()
  return (
    <Dialog
      title={t('add.added', { name: reply.key_name })}
      description={choose(reply.message, t(reply.remote_ip === null ? 'log.pending' : 'add.ready'))}
      onClose={closeDialog}
    >
      <div className="grid gap-3">
        <div className="flex items-center gap-2 rounded-md bg-muted px-3 py-2">
          <span className="min-w-0 flex-1 truncate font-semibold">{reply.endpoint}</span>
          <CopyEndpoint id={reply.id} name={reply.endpoint} />
        </div>
        <p className="flex items-center gap-3 text-sm">
          <Status status={reply.status} />
          <span className="font-mono">{reply.remote_ip}</span>
          <span className="text-muted-foreground">{reply.location}</span>
        </p>
        <TestEndpoint id={reply.id} />
      </div>
      <DialogActions>
        <Button onClick={onAgain}>{t('add.another')}</Button>
        <Button
          onClick={() => {
            closeDialog()
            openDetails(reply.id)
          }}
        >
          {t('add.connect')}
        </Button>
        <Button autoFocus variant="primary" onClick={closeDialog}>
          {t('common.done')}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
