import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect, it, onTestFinished } from 'vitest'

import { providerKeyPlace, tokenPlace } from '../src/contract/index.ts'
import { loadVault } from '../src/lib/vault.ts'
import type { Store } from '../src/store/store.ts'
import { openFolder } from './support/open-folder.ts'
import { repositoryRoot, run } from './support/process.ts'

const former = fileURLToPath(new URL('fixtures/data-file-v1/', import.meta.url))
const script = fileURLToPath(new URL('support/stop-at-step.ts', import.meta.url))
const formerText = readFileSync(join(former, 'data.json'), 'utf8')
/** More than there are. */
const maxSteps = 60

it.each(['with', 'without'])(
  'a migration that ends at any step, %s hard links, loses nothing: the next start is as the first would have been',
  async (links) => {
    const whole = await open(makeFolder())
    const folders = Array.from({ length: maxSteps }, makeFolder)

    const running = run(process.execPath, [script, ...(links === 'with' ? [] : ['--no-links']), ...folders], here)
    const [, steps = ''] = await running.untilPrinted(/(\d+) steps/)

    expect(Number(steps)).toBeGreaterThan(20)
    const migrated = []
    for (const folder of folders.slice(0, Number(steps))) {
      if (isMigrated(folder)) migrated.push(folder)
      await expectSame(folder, whole)
    }
    expect(migrated.length).toBeGreaterThan(1)
    expect(migrated.length).toBeLessThan(Number(steps) - 10)
  },
)

it.each([
  ['before its writes', 3],
  ['in the middle of one', 6],
  ['after the file got its name', 20],
])('kill -9 %s loses nothing either', async (_, step) => {
  const whole = await open(makeFolder())
  const folder = makeFolder()

  const running = run(process.execPath, [script, '--kill', String(step), folder], here)

  expect(await running.ended()).toEqual({ code: null, signal: 'SIGKILL' })
  await expectSame(folder, whole)
})

const here = { cwd: repositoryRoot }

const isMigrated = (folder: string) => readFileSync(join(folder, 'data.json'), 'utf8') !== formerText

/** A start with what was left comes to the same, with the former file beside it. */
async function expectSame(folder: string, whole: unknown): Promise<void> {
  const left = readFileSync(join(folder, 'data.json'), 'utf8')
  if (left !== formerText) expect(readFileSync(join(folder, 'data.json.v1'), 'utf8')).toBe(formerText)

  expect(await open(folder)).toEqual(whole)

  expect(readFileSync(join(folder, 'data.json.v1'), 'utf8')).toBe(formerText)
  expect(existsSync(join(folder, 'data.json.v1-2'))).toBe(false)
  if (left !== formerText) expect(readFileSync(join(folder, 'data.json'), 'utf8')).toBe(left)
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stillpoint-killed-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  cpSync(former, folder, { recursive: true })
  return folder
}

/** Opens a folder and tells what is in it, secrets in clear. */
async function open(folder: string) {
  const store = await openFolder(folder)
  const told = inClear(store, folder)
  await store.close()
  return told
}

function inClear({ data }: Store, folder: string) {
  const vault = loadVault(folder, undefined)
  return {
    ...data,
    secret_check: '',
    proxy_keys: data.proxy_keys.map((key) => ({
      ...key,
      kiotproxy_key: vault.open(key.kiotproxy_key, providerKeyPlace(key.id)),
    })),
    endpoints: data.endpoints.map(({ id, access, ...endpoint }) => ({
      ...endpoint,
      id,
      access: { ...access, token: vault.open(access.token, tokenPlace(id)) },
    })),
  }
}
