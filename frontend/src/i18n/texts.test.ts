import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect, it } from 'vitest'

import { en } from './en'
import { vi } from './vi'

const source = fileURLToPath(new URL('..', import.meta.url))
const pluralForm = /_(zero|one|two|few|many|other)$/

/** The names of all texts; of those with plural forms, the name without the form. */
function namesOf(texts: object, path = ''): string[] {
  return Object.entries(texts).flatMap(([name, value]) =>
    typeof value === 'string' ? [path + name] : namesOf(value as object, `${path}${name}.`),
  )
}

function withoutForms(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => name.replace(pluralForm, '')))].toSorted()
}

function valueOf(texts: object, name: string): string {
  return name.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], texts) as string
}

/** What is filled in, e.g. {{name}}. */
function holesOf(text: string): string[] {
  return [...text.matchAll(/\{\{([^}]+)\}\}/g)].map(([, name = '']) => name).toSorted()
}

const files = readdirSync(source, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /(?<!\.test)\.tsx?$/.test(entry.name) && !entry.parentPath.endsWith('i18n'))
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
const code = files.join('\n')

it('are the same in every language', () => {
  expect(withoutForms(namesOf(vi))).toEqual(withoutForms(namesOf(en)))
})

it('have every plural form that their language needs', () => {
  for (const [language, texts] of Object.entries({ en, vi })) {
    const names = new Set(namesOf(texts))
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories
    const plurals = withoutForms([...names].filter((name) => pluralForm.test(name)))
    const missing = plurals.flatMap((name) => forms.map((form) => `${name}_${form}`)).filter((name) => !names.has(name))
    expect(missing, language).toEqual([])
  }
})

it('are filled in with the same values in every language', () => {
  for (const name of namesOf(vi)) {
    expect([name, ...holesOf(valueOf(vi, name))]).toEqual([name, ...holesOf(valueOf(en, name))])
  }
})

it('are all used, and no other', () => {
  const plain = [...code.matchAll(/'([a-zA-Z]+(?:\.[\w:@]+)+)'/g)].map(([, name = '']) => name)
  const patterns = [...code.matchAll(/\bt\(\s*`([^`]+)`/g)].map(([, text = '']) => text)
  const made = patterns.map(
    (text) =>
      new RegExp(
        `^${text
          .replaceAll(/\$\{[^}]+\}/g, '[^.]+')
          .replaceAll('.', '\\.')
          .replaceAll('[^\\.]+', '[^.]+')}$`,
      ),
  )
  const known = withoutForms(namesOf(en))
  const tops = new Set(Object.keys(en))

  const unused = known.filter((name) => !plain.includes(name) && !made.some((pattern) => pattern.test(name)))
  const events = new Set(['settings.updated', 'log.added'])
  const unknown = plain.filter(
    (name) => tops.has(name.split('.')[0] ?? '') && !known.includes(name) && !events.has(name),
  )

  expect(unused).toEqual([])
  expect(unknown).toEqual([])
})

it('are nowhere written into the pages themselves', () => {
  const written = files.flatMap((text) =>
    [...text.matchAll(/>\s*([A-Z][a-z]+ [a-z][^<>{}]*)</g)].map(([, words]) => words),
  )

  expect(written).toEqual([])
})
