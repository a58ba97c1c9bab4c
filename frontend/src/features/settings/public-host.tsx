import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'

import type { Settings, SystemInfo } from '../../../../backend/src/contract/index.ts'
import { systemQuery } from '@/api/queries'
import { Field, Input } from '@/components/ui/field'
import { useFieldMessage } from '@/lib/describe-error'

import { SaveRow } from './save-row'
import { Section } from './section'
import { useSave } from './use-save'

/** PublicHost is the address of this server that is shown and copied for clients, and which ways lead in there. */
export function PublicHost({ settings }: { settings: Settings }) {
  const { t } = useTranslation()
  const fieldMessage = useFieldMessage()
  const save = useSave()
  const { data: system } = useQuery(systemQuery)
  const [typed, setTyped] = useState<string | null>(null)
  const error = fieldMessage(save.error, 'public_host') === null ? null : t('settings.publicHostFormat')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (save.isPending || typed === null) return
    save.mutate({ public_host: typed.trim() === '' ? null : typed.trim() }, { onSuccess: () => setTyped(null) })
  }
  return (
    <Section title={t('settings.reach')} hint={t('settings.reachHint')}>
      <form onSubmit={submit} className="grid max-w-xl gap-2">
        <Ways system={system} />
        <Field
          className="max-w-80"
          label={t('settings.publicHost')}
          hint={t('settings.publicHostHint', { host: system?.default_public_host ?? '' })}
          error={error}
        >
          {(control) => (
            <Input
              {...control}
              autoCapitalize="none"
              autoComplete="off"
              spellCheck={false}
              className="font-mono"
              placeholder={system?.default_public_host ?? ''}
              value={typed ?? settings.public_host ?? ''}
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
        </Field>
        <SaveRow save={save} label={t('settings.saveReach')} isToldAtField={error !== null} />
      </form>
    </Section>
  )
}

function Ways({ system }: { system: SystemInfo | undefined }) {
  const { t } = useTranslation()
  const ways = [
    system?.has_own_ports && t('settings.ways.own'),
    system?.has_shared_port && t('settings.ways.shared'),
    system?.has_tls_port && t('settings.ways.tls'),
  ]
  return <p className="text-sm">{t('settings.reachWays', { ways: ways.filter(Boolean).join(' · ') })}</p>
}
