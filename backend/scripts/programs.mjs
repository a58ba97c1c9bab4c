import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** isExecutable tells whether there is a program at this path. */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** findOnPath is the path of a program of this name on PATH, or undefined. */
export function findOnPath(name) {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}
