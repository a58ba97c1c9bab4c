import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Connection, ProxyKeyView, SystemInfo } from '../../../../backend/src/contract/index.ts'
import { connectionQuery, systemQuery } from '@/api/queries'
import { CopyButton } from '@/components/copy'
import { ErrorState } from '@/components/state'
import { Select } from '@/components/ui/field'
import { Skeleton } from '@/components/ui/skeleton'
import { formatEndpoint, formatsOf } from '@/lib/endpoint-formats'

import { browsers, codeSnippets, type Snippet } from './snippets'
import { TestEndpoint } from './test-endpoint'

/** Connect tells how to use an endpoint, with its values filled in. The token is hidden until it is asked for. */
export function Connect({ row }: { row: ProxyKeyView }) {
  const { t } = useTranslation()
  const { data, error, refetch } = useQuery(connectionQuery(row.id))
  const { data: system } = useQuery(systemQuery)
  const [isShown, setIsShown] = useState(false)
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />
  if (!data || !system) return <Skeleton className="h-64" />
  const hide = (text: string) => (isShown ? text : text.replaceAll(data.password, '••••••••'))
  return (
    <div className="grid grid-cols-1 gap-6">
      <TestEndpoint id={row.id} />
      <section className="grid grid-cols-1 gap-1">
        <div className="flex items-center justify-between">
          <h3 className="text-sm font-semibold">{t('connect.addresses')}</h3>
          <button type="button" className="text-sm text-accent hover:underline" onClick={() => setIsShown(!isShown)}>
            {isShown ? t('connect.hideToken') : t('connect.showToken')}
          </button>
        </div>
        <dl>
          {formatsOf(system).map((format) => {
            const text = formatEndpoint(data, format, system.health_check_url)
            const label = t(`copy.formats.${format}`)
            return text === null ? null : (
              <div key={format} className="flex items-center gap-2 border-b border-border py-1">
                <dt className="w-36 shrink-0 text-sm text-muted-foreground">{label}</dt>
                <dd className="flex min-w-0 flex-1 items-center gap-2">
                  <span className="min-w-0 flex-1 truncate font-mono text-xs" title={hide(text)}>
                    {hide(text)}
                  </span>
                  <CopyButton text={text} label={t('copy.this', { what: label })} />
                </dd>
              </div>
            )
          })}
        </dl>
      </section>
      <Browsers connection={data} row={row} system={system} />
      <Code snippets={codeSnippets(data, system.health_check_url)} hide={hide} />
    </div>
  )
}

/** Stands for what there is not, so that the steps that need it can be left out. */
const absent = '\uFFFD'

interface BrowsersProps {
  connection: Connection
  row: ProxyKeyView
  system: SystemInfo
}

/** The page of an endpoint has its PAC file: it is found by name, or at its own port; null for neither. */
function pacUrlOf({ connection: { host, port }, row, system }: BrowsersProps): string | null {
  const ownPage = system.has_own_ports ? `http://${host}:${port}/` : null
  const page = system.page_url?.replace('proxyN', row.subdomain) ?? ownPage
  return page && `${page}proxy.pac`
}

function Browsers(props: BrowsersProps) {
  const { t } = useTranslation()
  const [browser, setBrowser] = useState<(typeof browsers)[number]>('chrome')
  const { host, port, username, socks5_url } = props.connection
  const pac = pacUrlOf(props)
  // Typed in by hand a proxy is one in clear.
  const clearHost = socks5_url === null ? absent : host
  const text = t(`connect.steps.${browser}`, { host: clearHost, port, username, pac: pac ?? absent })
  const steps = text.split('\n').filter((step) => !step.includes(absent))
  return (
    <section className="grid grid-cols-1 gap-2">
      <div className="flex items-center justify-between gap-2">
        <h3 className="text-sm font-semibold">{t('connect.browser')}</h3>
        <Select
          aria-label={t('connect.browser')}
          className="w-44"
          value={browser}
          onChange={(event) => setBrowser(event.target.value as typeof browser)}
        >
          {browsers.map((name) => (
            <option key={name} value={name}>
              {t(`connect.browsers.${name}`)}
            </option>
          ))}
        </Select>
      </div>
      <ol className="ml-5 grid list-decimal gap-1 text-sm">
        {steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      {pac === null ? null : (
        <p className="flex items-center gap-2 text-sm">
          <span className="shrink-0 text-muted-foreground">{t('connect.pac')}</span>
          <code className="min-w-0 flex-1 truncate font-mono text-xs" title={pac}>
            {pac}
          </code>
          <CopyButton text={pac} label={t('copy.this', { what: t('connect.pac') })} />
        </p>
      )}
    </section>
  )
}

function Code({ snippets, hide }: { snippets: readonly Snippet[]; hide: (text: string) => string }) {
  const { t } = useTranslation()
  const [name, setName] = useState('curl')
  const snippet = snippets.find((candidate) => candidate.name === name)
  return (
    <section className="grid grid-cols-1 gap-2">
      <div className="flex items-center justify-between gap-2">
        <h3 className="text-sm font-semibold">{t('connect.code')}</h3>
        <span className="flex items-center gap-1">
          <Select
            aria-label={t('connect.code')}
            className="w-44"
            value={name}
            onChange={(event) => setName(event.target.value)}
          >
            {snippets.map((choice) => (
              <option key={choice.name}>{choice.name}</option>
            ))}
          </Select>
          <CopyButton text={snippet?.code ?? ''} label={t('copy.this', { what: name })} />
        </span>
      </div>
      <pre
        tabIndex={0}
        aria-label={name}
        className="overflow-x-auto rounded-md bg-muted p-3 font-mono text-xs leading-5"
      >
        {hide(snippet?.code ?? '')}
      </pre>
    </section>
  )
}
