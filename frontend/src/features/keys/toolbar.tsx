import { Download, Plus, Search, Upload } from 'lucide-react'
import { useEffect, useEffectEvent, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { keyStatuses, regions } from '../../../../backend/src/contract/choices.ts'
import { Button } from '@/components/ui/button'
import { Input, Select } from '@/components/ui/field'

import { openDialog } from '../dialogs'
import type { KeyView } from './view'

const typingMs = 150

interface ToolbarProps {
  view: KeyView
  onChange: (change: Partial<KeyView>) => void
  /** What stands at the end of the row. */
  children: ReactNode
}

/** Toolbar searches and filters. */
export function Toolbar({ view, onChange, children }: ToolbarProps) {
  const { t } = useTranslation()
  return (
    <div className="flex flex-wrap items-center gap-2">
      <SearchBox value={view.search} onChange={(search) => onChange({ search })} />
      <Select
        aria-label={t('keys.filterStatus')}
        className="w-auto"
        value={view.status}
        onChange={(event) => onChange({ status: event.target.value as KeyView['status'] })}
      >
        <option value="">{t('keys.anyStatus')}</option>
        {keyStatuses.map((status) => (
          <option key={status} value={status}>
            {t(`status.${status}`)}
          </option>
        ))}
      </Select>
      <Select
        aria-label={t('keys.filterRegion')}
        className="w-auto"
        value={view.region}
        onChange={(event) => onChange({ region: event.target.value as KeyView['region'] })}
      >
        <option value="">{t('keys.anyRegion')}</option>
        {regions.map((region) => (
          <option key={region} value={region}>
            {t(`region.${region}`)}
          </option>
        ))}
      </Select>
      {children}
    </div>
  )
}

/** AddButtons add one key or many, and save all. */
export function AddButtons() {
  const { t } = useTranslation()
  return (
    <span className="flex w-full gap-2 sm:w-auto">
      <Button className="px-2 sm:px-3" aria-label={t('keys.export')} onClick={() => openDialog.set({ kind: 'export' })}>
        <Download aria-hidden />
        {/* A phone has room for two words. */}
        <span className="hidden sm:inline">{t('keys.export')}</span>
      </Button>
      <Button onClick={() => openDialog.set({ kind: 'import' })}>
        <Upload aria-hidden />
        {t('keys.import')}
      </Button>
      <Button variant="primary" aria-keyshortcuts="n" onClick={() => openDialog.set({ kind: 'add' })}>
        <Plus aria-hidden />
        {t('keys.add')}
      </Button>
    </span>
  )
}

/** What is typed is searched when the typing pauses: the rows must not stumble after each letter. */
function SearchBox({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { t } = useTranslation()
  const [text, setText] = useState(value)
  useEffect(() => setText(value), [value])
  const tell = useEffectEvent(() => onChange(text))
  // Not at each render: live events render more often than anybody pauses.
  useEffect(() => {
    if (text === value) return undefined
    const timer = window.setTimeout(tell, typingMs)
    return () => window.clearTimeout(timer)
  }, [text, value])
  return (
    <span className="relative w-full sm:w-60">
      <Search aria-hidden className="absolute top-2 left-2.5 size-4 text-muted-foreground" />
      <Input
        type="search"
        id="search"
        aria-label={t('keys.search')}
        aria-keyshortcuts="/"
        placeholder={t('keys.searchHint')}
        className="pl-8"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </span>
  )
}
