import { Suspense } from 'react'

import { lazyPart } from '@/lib/lazy-part'
import { useStore } from '@/lib/store'

import { openDialog } from './dialogs'

const AddDialog = lazyPart(async () => (await import('./keys/add-dialog')).AddDialog)
const ImportDialog = lazyPart(async () => (await import('./keys/import-dialog')).ImportDialog)
const ExportDialog = lazyPart(async () => (await import('./keys/export-dialog')).ExportDialog)
const BulkDialog = lazyPart(async () => (await import('./keys/bulk-dialog')).BulkDialog)
const DeleteDialog = lazyPart(async () => (await import('./keys/delete-dialog')).DeleteDialog)
const KeySettingsDialog = lazyPart(async () => (await import('./keys/key-settings-dialog')).KeySettingsDialog)
const PasswordDialog = lazyPart(async () => (await import('./settings/password-dialog')).PasswordDialog)

/** DialogHost shows the dialog that is open; its code comes with it. */
export function DialogHost() {
  return (
    <Suspense fallback={null}>
      <Present />
    </Suspense>
  )
}

function Present() {
  const open = useStore(openDialog)
  switch (open?.kind) {
    case undefined:
      return null
    case 'add':
      return <AddDialog />
    case 'import':
      return <ImportDialog initialText={open.text ?? ''} />
    case 'export':
      return <ExportDialog />
    case 'key-settings':
      return <KeySettingsDialog id={open.id} />
    case 'delete':
      return <DeleteDialog keys={open.keys} />
    case 'bulk':
      return <BulkDialog verb={open.verb} keys={open.keys} />
    case 'password':
      return <PasswordDialog isOffer={open.isOffer} />
    default:
      return open satisfies never
  }
}
