import { lazy, type ComponentType } from 'react'

const waitMs = 1_000
const reloadAgainMs = 60_000

/**
 * lazyPart loads a part of the app when it is first shown. While the server restarts it waits; after an upgrade, when the part
 * has another name, the page is loaded anew, once.
 */
export function lazyPart<P extends object>(load: () => Promise<ComponentType<P>>) {
  return lazy(async () => ({ default: await loadPatiently(load) }))
}

async function loadPatiently<T>(load: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await load()
    } catch (error) {
      if (await isServerThere()) return await reloadOr(load, error)
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }
}

async function isServerThere(): Promise<boolean> {
  return await fetch('/health').then(
    (reply) => reply.ok,
    () => false,
  )
}

async function reloadOr<T>(load: () => Promise<T>, error: unknown): Promise<T> {
  const before = Number(sessionStorage.getItem('reloadedAt') ?? 0)
  try {
    return await load()
  } catch {
    if (Date.now() - before < reloadAgainMs) throw error
    sessionStorage.setItem('reloadedAt', String(Date.now()))
    window.location.reload()
    return await new Promise<T>(() => {})
  }
}
