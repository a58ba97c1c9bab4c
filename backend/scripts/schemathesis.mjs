// Finds Schemathesis for the tests of the API, or fetches it: one in the cache, else from PyPI with all that it needs, at exact
// versions. Says why there is none.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const requirements = fileURLToPath(new URL('../api-checks/requirements.txt', import.meta.url))
const python = process.env.PYTHON ?? 'python3'
/** The oldest that it runs on; wheels fit one version of Python only. */
const probe = 'import sys; print("%d.%d" % sys.version_info[:2]); sys.exit(sys.version_info < (3, 10))'
const fetchSeconds = 180

/** getSchemathesis fetches it where it is not there yet: how it is run, or why it can't be. */
export function getSchemathesis() {
  const { status, stdout } = spawnSync(python, ['-c', probe], { encoding: 'utf8' })
  if (status !== 0) return { missing: `there is no Python of 3.10 or later as ${python}` }
  const folder = cacheFor(stdout.trim())
  if (!existsSync(folder) && !fetchInto(folder)) return { missing: 'it could not be fetched from PyPI' }
  return { python, folder }
}

function cacheFor(version) {
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12)
  return fileURLToPath(new URL(`../../node_modules/.cache/schemathesis-${version}-${hash}`, import.meta.url))
}

/** Whole or not at all: what was broken off is no cache. */
function fetchInto(folder) {
  const unfinished = `${folder}-${process.pid}`
  mkdirSync(unfinished, { recursive: true })
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--no-deps',
    '--only-binary',
    ':all:',
    '--root-user-action=ignore',
  ]
  const { status } = spawnSync(python, [...pip, '--target', unfinished, '--requirement', requirements], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: fetchSeconds * 1000,
  })
  if (status === 0 && existsSync(join(unfinished, 'schemathesis'))) renameSync(unfinished, folder)
  else rmSync(unfinished, { recursive: true, force: true })
  return existsSync(folder)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { missing } = getSchemathesis()
  if (missing !== undefined) console.error(`Schemathesis is left out of the tests: ${missing}.`)
}
