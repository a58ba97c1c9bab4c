import { statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'

import { messageOf, StartError, systemCodeOf } from './problem.ts'

type Explain = (path: string) => string

const notAllowed: Explain = (path) =>
  `${path} can't be opened by ${whoWeAre()}${ownerOf(path)}. Give it to that user, a folder with all that is in it`

const isFolder: Explain = (path) => `${path} is a folder, and must be a file. Move it away`

const isFull: Explain = (path) => `${path} can't be written: the disk is full. Free some space`

const explanations: Record<string, Explain> = {
  EACCES: notAllowed,
  EPERM: notAllowed,
  EROFS: (path) => `${path} can't be written: its file system is read-only. Make it writable`,
  EISDIR: isFolder,
  ERR_FS_EISDIR: isFolder,
  ENOTDIR: (path) => `${path} can't be there: a part of that path is a file, and must be a folder. Move that file away`,
  EEXIST: (path) => `${path} is a file, and must be a folder. Move it away`,
  ENOENT: (path) => `${path} can't be made: a part of that path is missing`,
  ENOSPC: isFull,
  EDQUOT: isFull,
  ELOOP: (path) => `${path} is a symbolic link that leads to itself. Replace it`,
  ENAMETOOLONG: (path) => `${path} is too long a path`,
}

/**
 * explainFileError makes a StartError of what the file system refused: what is wrong with which file, and what to do, which
 * `orElse` adds to. `file` is which one where the error does not tell, as one of reading does not. Anything else is returned as
 * it is.
 */
export function explainFileError(error: unknown, orElse: string, file: string | null = null): unknown {
  const code = systemCodeOf(error)
  const path = pathOf(error) ?? file
  if (code === undefined || path === null) return error
  const text = explanations[code]?.(path) ?? `${path} can't be used (${messageOf(error)}). Repair it`
  return new StartError(`${text}, ${orElse}.`, { cause: error })
}

/** What a file operation was about; null for other errors. */
function pathOf(error: unknown): string | null {
  return error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : null
}

function whoWeAre(): string {
  const { uid } = userInfo()
  return uid === -1 ? 'this user' : `the user with the number ${uid}`
}

/** Who owns the file, or the folder in which it would be. */
function ownerOf(path: string): string {
  for (const place of [path, dirname(path)]) {
    try {
      return `: ${place} belongs to ${statSync(place).uid}`
    } catch {
      // Not there, or hidden from us: what holds it says more.
    }
  }
  return ''
}
