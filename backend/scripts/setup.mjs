// Brings a checkout to the state in which the npm scripts can run: dependencies as in package-lock.json and, with
// --build, backend/dist from the present sources. Runs on any Node from 20 on, before anything is installed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const marker = join(root, 'node_modules', '.stillpoint-installed')
const oldest = 20

function fingerprint() {
  const hash = createHash('sha256')
  for (const file of ['package.json', 'package-lock.json', 'backend/package.json', 'frontend/package.json']) {
    hash.update(readFileSync(join(root, file)))
  }
  return hash.update(`${process.platform}-${process.arch}`).digest('hex')
}

function isInstalled(wanted) {
  return existsSync(marker) && readFileSync(marker, 'utf8') === wanted
}

function run(command, args) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (result.error) fail(`${command} could not be started: ${result.error.message}`)
  if (result.status !== 0) fail(`'${command} ${args.join(' ')}' ended with ${result.signal ?? result.status}.`)
}

function fail(message) {
  console.error(`setup: ${message}`)
  process.exit(1)
}

if (Number(process.versions.node.split('.')[0]) < oldest) {
  fail(`Node ${oldest} or newer is needed to install Stillpoint; this is ${process.version}.`)
}

const wanted = fingerprint()
if (!isInstalled(wanted)) {
  console.log('Installing dependencies (first run, or they changed) ...')
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  writeFileSync(marker, wanted)
}
if (process.argv.includes('--build')) run('npm', ['run', '--silent', '--ignore-scripts', 'build'])
