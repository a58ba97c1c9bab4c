import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

import { explainFileError } from './lib/file-error.ts'
import { StartError, systemCodeOf } from './lib/problem.ts'

/** EnvFile is what a .env file sets. */
export interface EnvFile {
  values: Record<string, string>
  /** Names whose value ends, likely against the writer's will, at a `#`. */
  cutAtHash: string[]
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
/** An assignment, with all lines of a quoted value; the rest of the line where the value has no quotes. */
const assignment = /^[ \t]*(?:export[ \t]+)?([^\s=#]+)[ \t]*=(?:[ \t]*(?:"[^"]*"|'[^']*'|`[^`]*`)|(.*))/gm

/**
 * readEnvFile reads a .env file however an editor saved it: with a byte order mark, with the line ends of any system. Null
 * where there is none; a StartError where it can't be read, or is no UTF-8. `secrets` are names in whose value any `#` counts.
 */
export function readEnvFile(path: string, secrets: ReadonlySet<string>): EnvFile | null {
  const bytes = readBytes(path)
  if (bytes === null) return null
  const text = decode(path, bytes).replaceAll(/\r\n?/g, '\n')
  return { values: parseEnv(text) as Record<string, string>, cutAtHash: findCutAtHash(text, secrets) }
}

function readBytes(path: string): Buffer | null {
  try {
    return readFileSync(path)
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return null
    throw explainFileError(error, 'or put the settings into the process environment', path)
  }
}

function decode(path: string, bytes: Buffer): string {
  const isWide = bytes[0] === 0xff || bytes[0] === 0xfe || bytes.includes(0)
  const remedy = 'Save it as UTF-8: editors offer that as "encoding" when they save'
  if (isWide) throw new StartError(`The file ${path} is saved as UTF-16, or is no text. ${remedy}.`)
  try {
    return utf8.decode(bytes)
  } catch {
    throw new StartError(`The file ${path} is not saved as UTF-8. ${remedy}.`)
  }
}

/** A `#` behind a blank begins a comment, as everybody expects; in a secret even that is more likely a part of it. */
function findCutAtHash(text: string, secrets: ReadonlySet<string>): string[] {
  const names: string[] = []
  for (const [, name = '', unquoted = ''] of text.matchAll(assignment)) {
    const isCut = secrets.has(name) ? unquoted.includes('#') : /^(?:[^#]*[^ \t#])?#/.test(unquoted)
    if (isCut) names.push(name)
  }
  return names
}
