import { useQuery } from '@tanstack/react-query'
import { ChevronDown, Copy, Download, Ellipsis, Pause, Play, Power, RefreshCw, Trash2, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { toast } from 'sonner'

import type { ProxyKeyView } from '../../../../backend/src/contract/index.ts'
import { byteOrderMark, toCsvLine } from '../../../../backend/src/lib/csv.ts'
import { readConnections, systemQuery } from '@/api/queries'
import { useCopyMany } from '@/components/copy'
import { Button } from '@/components/ui/button'
import { Menu, MenuItem } from '@/components/ui/menu'
import { useDescribeError } from '@/lib/describe-error'
import { download } from '@/lib/download'
import { formatEndpoint, formatsOf } from '@/lib/endpoint-formats'

import { openDialog, type BulkVerb } from '../dialogs'
import type { Selection } from './selection'
import { numberOf } from './view'

/** BulkBar is what can be done with the rows that were chosen. */
export function BulkBar({ selection }: { selection: Selection }) {
  const { t } = useTranslation()
  const { keys } = selection
  if (keys.length === 0) return null
  const begin = (verb: BulkVerb) => () => openDialog.set({ kind: 'bulk', verb, keys })
  return (
    <div role="toolbar" aria-label={t('bulk.toolbar')} className="ml-auto flex flex-wrap items-center gap-0.5">
      <span className="mr-1 text-sm font-medium" aria-live="polite">
        {t('bulk.selected', { count: keys.length })}
      </span>
      <Button variant="ghost" size="sm" onClick={begin('rotate')}>
        <RefreshCw aria-hidden />
        {t('bulk.rotate')}
      </Button>
      <CopyMany keys={keys} />
      <ExportMany keys={keys} />
      <Button variant="ghost" size="sm" onClick={begin('restart')}>
        <Power aria-hidden />
        {t('bulk.restart')}
      </Button>
      <Button variant="ghost" size="sm" onClick={() => openDialog.set({ kind: 'delete', keys })}>
        <Trash2 aria-hidden />
        {t('bulk.delete')}
      </Button>
      <Menu
        trigger={
          <Button variant="ghost" size="icon" aria-label={t('bulk.more')}>
            <Ellipsis />
          </Button>
        }
      >
        <MenuItem onSelect={begin('pause')}>
          <Pause aria-hidden />
          {t('bulk.pause')}
        </MenuItem>
        <MenuItem onSelect={begin('resume')}>
          <Play aria-hidden />
          {t('bulk.resume')}
        </MenuItem>
      </Menu>
      <Button variant="ghost" size="icon" aria-label={t('bulk.clear')} onClick={() => selection.set([])}>
        <X />
      </Button>
    </div>
  )
}

function BulkMenu({ icon, label, children }: { icon: ReactNode; label: string; children: ReactNode }) {
  return (
    <Menu
      align="start"
      trigger={
        <Button variant="ghost" size="sm">
          {icon}
          {label}
          <ChevronDown aria-hidden />
        </Button>
      }
    >
      {children}
    </Menu>
  )
}

function CopyMany({ keys }: { keys: readonly ProxyKeyView[] }) {
  const { t } = useTranslation()
  const copyMany = useCopyMany()
  const { data: system } = useQuery(systemQuery)
  return (
    <BulkMenu icon={<Copy aria-hidden />} label={t('bulk.copy')}>
      {formatsOf(system).map((format) => (
        <MenuItem key={format} onSelect={() => void copyMany(keys, format)}>
          {t(`copy.formats.${format}`)}
        </MenuItem>
      ))}
    </BulkMenu>
  )
}

function ExportMany({ keys }: { keys: readonly ProxyKeyView[] }) {
  const { t } = useTranslation()
  const describe = useDescribeError()
  const save = async (kind: 'txt' | 'csv') => {
    try {
      const all = await readConnections(keys)
      if (kind === 'txt') {
        const lines = all.map(({ connection }) => `${formatEndpoint(connection, 'host:port:user:pass', '')}\n`)
        return download('stillpoint-endpoints.txt', lines.join(''), 'text/plain')
      }
      const head = ['number', 'name', 'region', 'status', 'exit_ip', 'location', 'host', 'port', 'username', 'password']
      const rows = all.map(({ key, connection: { host, port, username, password } }) => [
        numberOf(key),
        key.key_name,
        key.region,
        key.status,
        key.remote_ip,
        key.location,
        host,
        port,
        username,
        { exactly: password },
      ])
      return download('stillpoint-endpoints.csv', byteOrderMark + [head, ...rows].map(toCsvLine).join(''), 'text/csv')
    } catch (error) {
      toast.error(describe(error))
    }
  }
  return (
    <BulkMenu icon={<Download aria-hidden />} label={t('bulk.export')}>
      <MenuItem onSelect={() => void save('txt')}>{t('bulk.exportTxt')}</MenuItem>
      <MenuItem onSelect={() => void save('csv')}>{t('bulk.exportCsv')}</MenuItem>
    </BulkMenu>
  )
}
