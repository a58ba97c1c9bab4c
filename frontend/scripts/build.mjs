// Builds the dashboard into frontend/dist, unless what is there was built from the very same sources: `npm start` is quick then.
// Everything worth it is compressed beside itself, and what the home page loads at first is held to its budget.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

import { build } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
const marker = join(dist, '.built-from')
/** What the home page may load of scripts at first, compressed, in bytes. */
const budgetBytes = 200 * 1024
const smallestCompressed = 1024
const compressible = /\.(js|css|html|svg)$/

function listFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
}

function fingerprint() {
  const hash = createHash('sha256')
  const files = [
    'index.html',
    'vite.config.ts',
    'package.json',
    '../package-lock.json',
    '../backend/src/lib/csv.ts',
  ].map((name) => join(root, name))
  const shared = join(root, '../backend/src/contract')
  for (const file of [
    ...files,
    ...['src', 'public', 'scripts'].flatMap((name) => listFiles(join(root, name))),
    ...listFiles(shared),
  ])
    hash.update(file.slice(root.length)).update(readFileSync(file))
  return hash.digest('hex')
}

function compress(file) {
  const bytes = readFileSync(file)
  if (!compressible.test(file) || bytes.length < smallestCompressed) return
  writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
  writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }))
}

/** The scripts that the home page needs before it shows anything: its entry and what that imports. */
function firstScripts() {
  const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'))
  const wanted = new Set()
  const visit = (name) => {
    if (wanted.has(name)) return
    wanted.add(name)
    for (const imported of manifest[name].imports ?? []) visit(imported)
  }
  visit('index.html')
  return [...wanted].map((name) => join(dist, manifest[name].file))
}

function checkBudget() {
  const bytes = firstScripts().reduce(
    (sum, file) => sum + (statSync(`${file}.gz`, { throwIfNoEntry: false }) ?? statSync(file)).size,
    0,
  )
  const text = `The home page loads ${Math.round(bytes / 1024)} KB of compressed scripts at first (at most ${budgetBytes / 1024}).`
  if (bytes > budgetBytes) throw new Error(text)
  console.log(text)
}

// Whoever runs this may have another one: React's development build is three times as large.
process.env.NODE_ENV = 'production'
const wanted = fingerprint()
if (!existsSync(marker) || readFileSync(marker, 'utf8') !== wanted) {
  await build({ configFile: join(root, 'vite.config.ts'), logLevel: 'warn' })
  for (const file of listFiles(dist)) compress(file)
  checkBudget()
  writeFileSync(marker, wanted)
}
