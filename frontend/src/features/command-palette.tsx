import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Command } from 'cmdk'
import {
  Download,
  Languages,
  List,
  LogOut,
  Palette,
  PanelRightOpen,
  Plus,
  RefreshCw,
  Settings,
  Upload,
} from 'lucide-react'
import { useEffect, useMemo, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'

import type { ProxyKeyView } from '../../../backend/src/contract/index.ts'
import { keysQuery } from '@/api/queries'
import { language } from '@/i18n'
import { isDark, theme } from '@/lib/theme'

import { openDialog } from './dialogs'
import { useKeyActions } from './keys/rotate'
import { useOpenDetails } from './keys/row-actions'
import { fold, hasWords } from './keys/view'
import { useSignOut } from './sign-out'

/** So many of the keys that fit are offered. */
const maxKeys = 50

/** CommandPalette does anything by a few letters. */
export function CommandPalette({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const [, navigate] = useLocation()
  const { data: keys = [] } = useQuery(keysQuery)
  const openDetails = useOpenDetails()
  const { rotate } = useKeyActions()
  const signOut = useSignOut(useQueryClient())
  const [search, setSearch] = useState('')
  const [opener] = useState(() => document.activeElement)
  // Who opened it gets the focus back; a dialog that comes next takes it from there.
  useEffect(() => () => (opener instanceof HTMLElement ? opener.focus() : undefined), [opener])
  const found = useMemo(() => findKeys(keys, search, t('keys.rotate')), [keys, search, t])
  const item = (value: string, icon: ReactNode, label: string, run: () => void) => (
    <Command.Item
      key={value}
      value={`${label} ${value}`}
      className="flex h-9 items-center gap-2.5 rounded px-2 text-sm data-[selected=true]:bg-muted [&_svg]:size-4 [&_svg]:text-muted-foreground"
      onSelect={() => {
        onClose()
        run()
      }}
    >
      {icon}
      <span className="truncate">{label}</span>
    </Command.Item>
  )
  return (
    <Command.Dialog
      open
      onOpenChange={(isOpen) => !isOpen && onClose()}
      label={t('palette.title')}
      filter={isOffered}
      overlayClassName="fixed inset-0 z-60 bg-black/40"
      contentClassName="fixed top-[14vh] left-1/2 z-70 w-[min(34rem,calc(100vw-1.5rem))] -translate-x-1/2 animate-appear overflow-hidden rounded-lg border border-border bg-popover shadow-xl"
    >
      <Command.Input
        aria-label={t('palette.title')}
        placeholder={t('palette.hint')}
        value={search}
        onValueChange={setSearch}
        className="h-11 w-full border-b border-border bg-transparent px-4 text-base outline-none placeholder:text-muted-foreground"
      />
      <Command.List className="max-h-[50vh] overflow-y-auto p-1.5 [&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-muted-foreground">
        <Command.Empty className="px-2 py-6 text-center text-sm text-muted-foreground">
          {t('palette.nothing')}
        </Command.Empty>
        <Command.Group heading={t('palette.commands')}>
          {item('add', <Plus />, t('keys.add'), () => openDialog.set({ kind: 'add' }))}
          {item('import', <Upload />, t('import.title'), () => openDialog.set({ kind: 'import' }))}
          {item('export', <Download />, t('export.title'), () => openDialog.set({ kind: 'export' }))}
          {item('go-keys', <List />, t('nav.keys'), () => navigate('/'))}
          {item('go-activity', <List />, t('nav.activity'), () => navigate('/activity'))}
          {item('go-settings', <Settings />, t('nav.settings'), () => navigate('/settings'))}
          {item('theme', <Palette />, t(isDark() ? 'palette.light' : 'palette.dark'), () =>
            theme.set(isDark() ? 'light' : 'dark'),
          )}
          {item('language', <Languages />, t('palette.language'), () =>
            language.set(language.get() === 'en' ? 'vi' : 'en'),
          )}
          {item('sign-out', <LogOut />, t('nav.signOut'), () => void signOut())}
        </Command.Group>
        <Command.Group heading={t('nav.keys')}>
          {found.map((key) =>
            item(
              `open-${key.id} ${key.endpoint} ${key.remote_ip} ${key.location}`,
              <PanelRightOpen />,
              key.key_name,
              () => openDetails(key.id),
            ),
          )}
        </Command.Group>
        <Command.Group heading={t('keys.rotate')}>
          {found
            .filter((key) => key.is_active)
            .map((key) =>
              item(
                `rotate-${key.id} ${key.endpoint}`,
                <RefreshCw />,
                t('keys.rotateName', { name: key.key_name }),
                () => void rotate(key),
              ),
            )}
        </Command.Group>
      </Command.List>
    </Command.Dialog>
  )
}

/** The keys that hold every word that is typed but those that a command begins with: `rotate shop 3`. */
function findKeys(keys: readonly ProxyKeyView[], search: string, verb: string): ProxyKeyView[] {
  const verbs = fold(verb).split(/\s+/)
  const words = fold(search)
    .split(/\s+/)
    .filter((word) => word !== '' && !verbs.some((part) => part.startsWith(word)))
  return keys.filter((key) => hasWords(key, words)).slice(0, maxKeys)
}

/** Every word that is typed is in what is offered, whatever its order and accents. */
function isOffered(value: string, search: string): number {
  const text = fold(value)
  return fold(search)
    .split(/\s+/)
    .every((word) => text.includes(word))
    ? 1
    : 0
}
