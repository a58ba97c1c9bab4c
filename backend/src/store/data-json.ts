import { constants } from 'node:fs'
import { copyFile, link, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import type { Adapter } from 'lowdb'

import { explainFileError } from '../lib/file-error.ts'
import { systemCodeOf, StartError } from '../lib/problem.ts'
import { fileText } from './file-text.ts'

/**
 * DataJson is lowdb's adapter for a file that must survive a kill at any moment: each write goes to a temporary file, is
 * fsynced and renamed over the old one, which stays beside it as `data.json.bak`. (lowdb's own adapter does not fsync,
 * and keeps everything in memory under NODE_ENV=test.)
 */
export class DataJson<T extends object> implements Adapter<T> {
  readonly path: string
  readonly backupPath: string
  readonly #onForeignEdit: (keptAs: string) => void
  /** Identity of the file as this process last read or wrote it. */
  #seen: string | null = null

  constructor(dataDir: string, onForeignEdit: (keptAs: string) => void) {
    this.path = join(dataDir, 'data.json')
    this.backupPath = `${this.path}.bak`
    this.#onForeignEdit = onForeignEdit
  }

  /** Null when there is no file yet. A file that is no JSON is a StartError that says where. */
  async read(): Promise<T | null> {
    await rm(this.#temporaryPath, { force: true })
    const text = await readIfPresent(this.path)
    if (text === null) return this.#absent()
    this.#seen = await identify(this.path)
    try {
      return JSON.parse(text) as T
    } catch (error) {
      throw new StartError(
        `${this.path} is damaged: it is not JSON (${placeOf(error, text)}). Nothing was changed. The last good copy is ${this.backupPath}: compare the two, then repair the file or copy that one over it.`,
      )
    }
  }

  /** Keeps the file as it is beside the one that is written from now on, under this ending, or one more where another has that. */
  async keepAs(ending: string): Promise<void> {
    const text = await readFile(this.path, 'utf8')
    for (let count = 1; ; count++) {
      const name = `${this.path}.${ending}${count === 1 ? '' : `-${count}`}`
      const kept = await readIfPresent(name)
      if (kept === null) return await nameAlso(this.path, name)
      if (kept === text) return
    }
  }

  async write(data: T): Promise<void> {
    const file = await open(this.#temporaryPath, 'w', 0o600)
    try {
      await file.writeFile(fileText(data))
      await file.sync()
    } catch (error) {
      await file.close()
      await rm(this.#temporaryPath, { force: true })
      throw error
    }
    await file.close()
    await this.#keepPresent()
    await rename(this.#temporaryPath, this.path)
    this.#seen = await identify(this.path)
    await syncDirectory(dirname(this.path))
  }

  get #temporaryPath(): string {
    return `${this.path}.tmp`
  }

  async #absent(): Promise<null> {
    if ((await identify(this.backupPath)) === null) return null
    throw new StartError(
      `${this.path} is missing, but ${this.backupPath} is there. Copy it to data.json to go on with it, or move it away to start with nothing.`,
    )
  }

  /**
   * Keeps the present file under a second name before it is replaced, so that at no moment either is missing or partial.
   * Normally that name is `data.json.bak`. A file that a person edited while we ran is set aside as that edit: our memory
   * is what we write, and it is no last good copy.
   */
  async #keepPresent(): Promise<void> {
    const present = await identify(this.path)
    if (present === null) return
    if (present !== this.#seen) {
      const keptAs = `${this.path}.edited-${new Date().toISOString().replaceAll(':', '')}`
      await nameAlso(this.path, keptAs)
      this.#onForeignEdit(keptAs)
      return
    }
    const fresh = `${this.backupPath}.tmp`
    await rm(fresh, { force: true })
    await nameAlso(this.path, fresh)
    await rename(fresh, this.backupPath)
  }
}

async function nameAlso(path: string, name: string): Promise<void> {
  try {
    await link(path, name)
  } catch {
    // Some file systems have no hard links. A copy gets its name when it is whole.
    await copyFile(path, `${name}.part`, constants.COPYFILE_FICLONE)
    await rename(`${name}.part`, name)
  }
}

async function readIfPresent(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return null
    throw explainFileError(error, 'or restore it from a backup', path)
  }
}

async function identify(path: string): Promise<string | null> {
  try {
    const { ino, mtimeNs, size } = await stat(path, { bigint: true })
    return `${ino}:${mtimeNs}:${size}`
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return null
    throw error
  }
}

async function syncDirectory(path: string): Promise<void> {
  // Windows can't open a directory.
  if (process.platform === 'win32') return
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

function placeOf(error: unknown, text: string): string {
  if (text.trim() === '') return 'it is empty'
  const message = error instanceof Error ? error.message : String(error)
  const position = /position (\d+)/.exec(message)?.[1]
  const end = position === undefined ? text.length : Number(position)
  const lines = text.slice(0, end).split('\n')
  return `line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`
}
