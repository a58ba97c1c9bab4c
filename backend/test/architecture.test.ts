import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, it } from 'vitest'

import { repositoryRoot } from './support/process.ts'

const map = readFileSync(join(repositoryRoot, 'docs/architecture.md'), 'utf8')

/** The rooms that a table of the map names, by its heading: all in back quotes with a slash in the first column. */
function roomsOfMap(heading: string): string[] {
  const [, section = ''] = map.split(`${heading}\n`)
  const rows =
    section
      .split(/\n#+ /)[0]
      ?.split('\n')
      .filter((line) => line.startsWith('| `')) ?? []
  return rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([\w-]+(?:\/[\w-]+)*)\/`/g)].map(([, name = '']) => name),
  )
}

function roomsOfTree(folder: string): string[] {
  const entries = readdirSync(join(repositoryRoot, folder), { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}

it.each([
  ['## Rooms of `backend/src`', 'backend/src'],
  ['### Rooms of `backend/src/plane`', 'backend/src/plane'],
])('%s on the map are the folders of %s', (heading, folder) => {
  expect(roomsOfMap(heading).toSorted()).toEqual(roomsOfTree(folder).toSorted())
})

it('names no file that is not there', () => {
  const files = [...map.matchAll(/`((?:[\w-]+\/)+[\w.-]+\.(?:ts|mjs))`/g)].map(([, path = '']) => path)
  const places = ['backend/src', 'backend', 'frontend/src', '.']
  const isThere = (path: string) =>
    places.some((place) => {
      try {
        return readFileSync(join(repositoryRoot, place, path)).length > 0
      } catch {
        return false
      }
    })

  expect(files.length).toBeGreaterThan(5)
  expect(files.filter((path) => !isThere(path))).toEqual([])
})
