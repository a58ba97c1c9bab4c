import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState, type DragEvent } from 'react'
import { useTranslation } from 'react-i18next'

import type { Region } from '../../../../backend/src/contract/index.ts'
import { previewImport } from '@/api/actions'
import { Button } from '@/components/ui/button'
import { Dialog, DialogActions } from '@/components/ui/dialog'
import { Field, Textarea } from '@/components/ui/field'

import { closeDialog } from '../dialogs'
import { ImportPreview } from './import-preview'
import { ImportResult } from './import-result'
import { RegionField } from './region-field'
import { useImport } from './use-import'

const typingMs = 300
const example = 'K6fa3db60f1c24c8e9d8b7a6f5e4d3c2b1\nShop B | K0c9b8a7f6e5d4c3b2a1f0e9d8c7b6a5f | Hà Nội'

/** ImportDialog adds many keys: paste or drop, look at each line, then see what comes of each. */
export function ImportDialog({ initialText }: { initialText: string }) {
  const { t } = useTranslation()
  const [text, setText] = useState(initialText)
  const [region, setRegion] = useState<Region>('random')
  const running = useImport()
  const wanted = useSettled(text)
  const drop = async (event: DragEvent) => {
    const [file] = event.dataTransfer.files
    if (!file) return
    event.preventDefault()
    setText(await file.text())
  }
  const preview = useQuery({
    queryKey: ['import-preview', wanted, region],
    queryFn: ({ signal }) => previewImport(wanted, region, signal),
    enabled: wanted.trim() !== '' && running.state === 'editing',
    gcTime: 0,
    retry: false,
    placeholderData: (before) => before,
  })
  if (running.state !== 'editing') {
    const goBack = (left: string) => {
      setText(left)
      running.edit()
    }
    return <ImportResult running={running} text={wanted} lines={preview.data?.lines ?? []} onBack={goBack} />
  }
  const reply = wanted.trim() === '' ? undefined : preview.data
  const ready = reply?.lines.filter(({ status }) => status === 'ready') ?? []
  return (
    <Dialog
      title={t('import.title')}
      description={t('import.hint')}
      className="w-[min(56rem,calc(100vw-1.5rem))]"
      holdsInput={text.trim() !== ''}
      onClose={closeDialog}
    >
      <div
        className="grid gap-3"
        // Without this the browser would leave for the file.
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => void drop(event)}
      >
        <TextOrFile text={text} onText={setText} />
        <RegionField label={t('import.region')} className="max-w-60" value={region} onChange={setRegion} />
        <ImportPreview reply={reply} error={wanted.trim() === '' ? null : preview.error} text={wanted} />
      </div>
      <DialogActions>
        <Button onClick={closeDialog}>{t('common.cancel')}</Button>
        <Button
          variant="primary"
          disabled={ready.length === 0 || wanted !== text || preview.isPlaceholderData}
          onClick={() => reply && void running.start(wanted, region, reply.lines)}
        >
          {t('import.submit', { count: ready.length })}
        </Button>
      </DialogActions>
    </Dialog>
  )
}

function TextOrFile({ text, onText }: { text: string; onText: (text: string) => void }) {
  const { t } = useTranslation()
  const file = useRef<HTMLInputElement>(null)
  const read = async (chosen: File | undefined) => {
    if (chosen) onText(await chosen.text())
  }
  return (
    <Field
      label={t('import.text')}
      hint={
        <>
          {t('import.textHint')}{' '}
          <button type="button" className="text-accent underline" onClick={() => file.current?.click()}>
            {t('import.chooseFile')}
          </button>
          <input
            ref={file}
            type="file"
            accept=".txt,.csv,text/plain,text/csv"
            className="hidden"
            aria-label={t('import.chooseFile')}
            onChange={(event) => void read(event.target.files?.[0])}
          />
        </>
      }
    >
      {(control) => (
        <Textarea
          {...control}
          autoFocus
          rows={6}
          spellCheck={false}
          placeholder={example}
          value={text}
          onChange={(event) => onText(event.target.value)}
        />
      )}
    </Field>
  )
}

/** A text as it is once the typing pauses: each look at it costs the server a look at every line. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(text), typingMs)
    return () => window.clearTimeout(timer)
  }, [text])
  return settled
}
