import type { Actor, FactsOf, HappeningKind, Language } from '../../contract/index.ts'
import { en } from './en.ts'
import { vi } from './vi.ts'
import type { Wording } from './wording.ts'

const wordings: Record<Language, Wording> = { en, vi }

/** describe tells what happened, and nothing of when and where it is stored: the API, the dashboard and files have it from here. */
export function describe<Kind extends HappeningKind>(
  language: Language,
  { kind, facts, by }: { kind: Kind; facts: FactsOf[Kind]; by: Actor },
): string {
  return wordings[language][kind](facts, by)
}
