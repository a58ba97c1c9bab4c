import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Check, ChevronDown, Copy } from 'lucide-react'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { toast } from 'sonner'

import type { ProxyKeyView } from '../../../backend/src/contract/index.ts'
import { connectionQuery, readConnections, systemQuery } from '@/api/queries'
import { copyText } from '@/lib/clipboard'
import { useDescribeError } from '@/lib/describe-error'
import { endpointFormats, formatEndpoint, formatsOf, type EndpointFormat } from '@/lib/endpoint-formats'
import { useStore } from '@/lib/store'
import { createStored } from '@/lib/stored'

import { Button } from './ui/button'
import { Menu, MenuItem } from './ui/menu'
import { Tooltip } from './ui/tooltip'

const copiedMs = 1_500

/** lastFormat is the one that a click on a copy button copies. */
export const lastFormat = createStored<EndpointFormat>('copyFormat', endpointFormats, 'host:port:user:pass')

/** useCopy copies and says so: on the button for a moment, and to screen readers. */
function useCopy() {
  const { t } = useTranslation()
  const [isCopied, setIsCopied] = useState(false)
  const timer = useRef(0)
  const copy = async (text: string, what: string) => {
    if (!(await copyText(text))) return void toast.error(t('copy.refused'), { description: text })
    setIsCopied(true)
    window.clearTimeout(timer.current)
    timer.current = window.setTimeout(() => setIsCopied(false), copiedMs)
    toast.success(t('copy.copied', { what }), { duration: copiedMs })
  }
  return { isCopied, copy }
}

/** useCopyMany copies the endpoints of keys, one a line, in their order. */
export function useCopyMany(): (keys: readonly Pick<ProxyKeyView, 'id'>[], format: EndpointFormat) => Promise<void> {
  const { t } = useTranslation()
  const client = useQueryClient()
  const describe = useDescribeError()
  const { copy } = useCopy()
  return async (keys, format) => {
    try {
      const { health_check_url } = await client.fetchQuery(systemQuery)
      const found = await readConnections(keys)
      const lines = found.map(({ connection }) => formatEndpoint(connection, format, health_check_url))
      if (lines.includes(null)) return void toast.error(t('copy.unavailable', { format: t(`copy.formats.${format}`) }))
      lastFormat.set(format)
      await copy(lines.join('\n'), t('copy.endpoints', { count: lines.length }))
    } catch (error) {
      toast.error(describe(error))
    }
  }
}

/** CopyButton copies a text that is there already. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const { isCopied, copy } = useCopy()
  return (
    <Tooltip text={label}>
      <Button variant="ghost" size="icon" aria-label={label} onClick={() => void copy(text, label)}>
        {isCopied ? <Check className="text-success" /> : <Copy />}
      </Button>
    </Tooltip>
  )
}

/** CopyEndpoint copies the endpoint of a key as it was copied last; its menu has all ways. */
export function CopyEndpoint({ id, name }: { id: number; name: string }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const describe = useDescribeError()
  const format = useStore(lastFormat)
  const { data: system } = useQuery(systemQuery)
  const { isCopied, copy } = useCopy()
  const copyAs = async (wanted: EndpointFormat) => {
    try {
      const connection = await client.fetchQuery(connectionQuery(id))
      const { health_check_url } = await client.fetchQuery(systemQuery)
      const text = formatEndpoint(connection, wanted, health_check_url)
      if (text === null) return void toast.error(t('copy.unavailable', { format: t(`copy.formats.${wanted}`) }))
      lastFormat.set(wanted)
      await copy(text, t('copy.named', { name, format: t(`copy.formats.${wanted}`) }))
    } catch (error) {
      toast.error(describe(error))
    }
  }
  // Fetched before the click: the clipboard is open only for a moment after it.
  const prefetch = () => void client.prefetchQuery(connectionQuery(id))
  const copyLabel = t('copy.as', { name, format: t(`copy.formats.${format}`) })
  return (
    <span className="inline-flex" onPointerEnter={prefetch} onFocus={prefetch}>
      <Tooltip text={copyLabel}>
        <Button
          variant="ghost"
          size="icon"
          className="rounded-r-none"
          aria-label={copyLabel}
          onClick={() => void copyAs(format)}
        >
          {isCopied ? <Check className="text-success" /> : <Copy />}
        </Button>
      </Tooltip>
      <Menu
        trigger={
          <Button
            variant="ghost"
            size="icon"
            className="w-5 rounded-l-none [&_svg]:size-3"
            aria-label={t('copy.menu', { name })}
          >
            <ChevronDown />
          </Button>
        }
      >
        {formatsOf(system).map((wanted) => (
          <MenuItem key={wanted} onSelect={() => void copyAs(wanted)}>
            <span className="flex-1">{t(`copy.formats.${wanted}`)}</span>
            {wanted === format ? <Check aria-hidden /> : null}
          </MenuItem>
        ))}
      </Menu>
    </span>
  )
}
