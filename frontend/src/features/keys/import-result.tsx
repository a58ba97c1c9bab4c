import { useTranslation } from 'react-i18next'

import { splitLines } from '../../../../backend/src/contract/patterns.ts'
import type { ImportLine } from '../../../../backend/src/contract/index.ts'
import { lastFormat, useCopyMany } from '@/components/copy'
import { Outcomes } from '@/components/outcomes'
import { Button } from '@/components/ui/button'
import { Dialog, DialogActions } from '@/components/ui/dialog'

import { closeDialog } from '../dialogs'
import type { useImport } from './use-import'

interface ImportResultProps {
  running: ReturnType<typeof useImport>
  /** What was imported, and what its lines were understood as. */
  text: string
  lines: readonly ImportLine[]
  /** Gets the lines that were not added, to be mended. */
  onBack: (text: string) => void
}

/** ImportResult shows how an import goes; at its end the endpoints can be copied, and what failed can be mended. */
export function ImportResult({ running, text, lines, onBack }: ImportResultProps) {
  const { t } = useTranslation()
  const copyMany = useCopyMany()
  const { outcomes, total, state, stop, added, doneLines } = running
  const left = [...new Set(lines.filter(({ status }) => status !== 'skipped').map(({ line }) => line))].filter(
    (line) => !doneLines.has(line),
  )
  const back = () => {
    const source = splitLines(text)
    // Without the head of their table the lines may mean something else.
    const heads = lines.filter(({ reason }) => reason === 'header').map(({ line }) => line)
    const kept = [...heads, ...left].toSorted((a, b) => a - b)
    onBack(kept.map((line) => source[line - 1] ?? '').join('\n'))
  }
  return (
    <Dialog title={t('import.title')} canClose={state === 'done'} onClose={closeDialog}>
      <Outcomes label={t('import.title')} total={total} outcomes={outcomes} />
      <DialogActions>
        {state === 'running' ? (
          <Button onClick={stop}>{t('bulk.stop')}</Button>
        ) : (
          <>
            {left.length === 0 ? null : <Button onClick={back}>{t('import.back', { count: left.length })}</Button>}
            {added.length === 0 ? null : (
              <Button onClick={() => void copyMany(added, lastFormat.get())}>
                {t('import.copy', { count: added.length })}
              </Button>
            )}
            <Button variant="primary" onClick={closeDialog}>
              {t('common.done')}
            </Button>
          </>
        )}
      </DialogActions>
    </Dialog>
  )
}
