import type {
  AddProxyReply,
  AddProxyRequest,
  AddressDuration,
  AllowAddressReply,
  CheckReply,
  Connection,
  ImportReply,
  LoginReply,
  ProxyKeyView,
  Region,
  RotateReply,
  Settings,
  SettingsReply,
  TestReply,
  UpdateProxyRequest,
} from '../../../backend/src/contract/index.ts'
import { call } from './client'

/** What an admin can do, one function per call. They throw ApiError. */
export const signIn = (username: string, password: string) =>
  call<LoginReply>('POST', '/api/auth/login', { body: { username, password } })
export const signOut = () => call<void>('POST', '/api/auth/logout')
export const changePassword = (current_password: string, new_password: string) =>
  call<void>('POST', '/api/auth/password', { body: { current_password, new_password } })
export const endSession = (id: string) => call<void>('DELETE', `/api/auth/sessions/${id}`)

export const addKey = (request: Partial<AddProxyRequest>) =>
  call<AddProxyReply>('POST', '/api/proxies', { body: request })
export const importLines = (text: string, region: Region, only_lines: readonly number[]) =>
  call<ImportReply>('POST', '/api/proxies/import', { body: { text, region, only_lines } })
export const previewImport = (text: string, region: Region, signal: AbortSignal) =>
  call<ImportReply>('POST', '/api/proxies/import', { body: { text, region, dry_run: true }, signal })
/** Masked provider keys without a password, whole ones with it. */
export const exportKeys = (password: string | null) =>
  password === null
    ? call<string>('GET', '/api/export', { isText: true })
    : call<string>('POST', '/api/export', { body: { password }, isText: true })
export const changeKey = (id: number, change: UpdateProxyRequest) =>
  call<ProxyKeyView>('PUT', `/api/proxies/${id}`, { body: change })
export const deleteKey = (id: number) => call<void>('DELETE', `/api/proxies/${id}`)
export const restoreKey = (id: number) => call<ProxyKeyView>('POST', `/api/proxies/${id}/restore`)
export const rotateKey = (id: number) => call<RotateReply>('POST', `/api/proxies/${id}/rotate`)
export const restartKey = (id: number) => call<ProxyKeyView>('POST', `/api/proxies/${id}/restart`)
export const checkKey = (id: number) => call<CheckReply>('POST', `/api/proxies/${id}/check`)
export const testKey = (id: number) => call<TestReply>('POST', `/api/proxies/${id}/test`)
export const replaceToken = (id: number) => call<Connection>('POST', `/api/proxies/${id}/token`)
export const allowAddress = (id: number, address: string, duration: AddressDuration) =>
  call<AllowAddressReply>('POST', `/api/proxies/${id}/addresses`, { body: { address, for: duration } })
export const removeAddress = (id: number, address: string) =>
  call<void>('DELETE', `/api/proxies/${id}/addresses/${encodeURIComponent(address)}`)

export const changeSettings = (change: Partial<Settings>) =>
  call<SettingsReply>('PUT', '/api/settings', { body: change })
