import type { News } from '../api/live-events.ts'
import { settings as settingsSchema } from '../contract/index.ts'
import type { ChangeSet } from '../store/store.ts'

/** describeChange lists what a change is for those who look on. */
export function describeChange({ keys, endpoints, settings }: ChangeSet): News[] {
  const news = keys.map(({ before, after }): News => {
    if (after === null) return { type: 'proxy.removed', data: { id: before.id } }
    return { type: before === null ? 'proxy.added' : 'proxy.updated', id: after.id }
  })
  const told = new Set(keys.map(({ before, after }) => (after ?? before)?.id))
  const others = endpoints.flatMap(({ after }) => after?.key_ids ?? []).filter((id) => !told.has(id))
  news.push(...others.map((id): News => ({ type: 'proxy.updated', id })))
  if (settings === null) return news
  news.push({ type: 'settings.updated', data: settingsSchema.parse(settings.after) })
  // Every key is shown with it: they are fetched anew.
  const [before, after] = [settings.before.public_host ?? null, settings.after.public_host ?? null]
  if (before !== after) news.push({ type: 'reset', data: {} })
  return news
}
