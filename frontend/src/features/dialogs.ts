import type { ProxyKeyView } from '../../../backend/src/contract/index.ts'
import { createStore } from '@/lib/store'

export type BulkVerb = 'rotate' | 'restart' | 'pause' | 'resume' | 'delete'

/** OpenDialog is the one dialog that is open. */
export type OpenDialog =
  | { kind: 'add' }
  | { kind: 'import'; text?: string }
  | { kind: 'export' }
  | { kind: 'key-settings'; id: number }
  | { kind: 'delete'; keys: readonly ProxyKeyView[] }
  | { kind: 'bulk'; verb: BulkVerb; keys: readonly ProxyKeyView[] }
  | { kind: 'password'; isOffer: boolean }

/** openDialog can be set from anywhere: a button, a shortcut, the command palette. */
export const openDialog = createStore<OpenDialog | null>(null)

export const closeDialog = () => openDialog.set(null)
