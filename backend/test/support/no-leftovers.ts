import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where programs look for the folder for temporary files, on any system. */
const variables = ['TMPDIR', 'TEMP', 'TMP']
/** What Node and its tools keep for their next start. */
const caches = ['node-compile-cache', 'v8-compile-cache']

let folder = ''

/** setup gives a run of the tests a folder of its own for temporary files. */
export function setup(): void {
  folder = mkdtempSync(join(tmpdir(), 'stillpoint-tests-'))
  // Some tests run a program as a user without rights.
  chmodSync(folder, 0o755)
  for (const name of variables) process.env[name] = folder
}

/** teardown removes that folder, and fails the run when something was left in it. */
export function teardown(): void {
  const left = readdirSync(folder).filter((name) => !caches.includes(name))
  rmSync(folder, { recursive: true, force: true })
  if (left.length > 0) throw new Error(`the tests left temporary files behind: ${left.join(', ')}`)
}
