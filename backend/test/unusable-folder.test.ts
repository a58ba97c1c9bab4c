import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { failToStart, only } from './support/failed-start.ts'

/** Root may open anything: the product then runs as nobody. */
const isRoot = process.getuid?.() === 0
const nobody = 65_534

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stillpoint-unusable-'))
  chmodSync(folder, 0o755)
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const at = (name: string) => join(folder, name)

interface StartOptions {
  dir?: string
  env?: Record<string, string>
  args?: string[]
  asNobody?: boolean
}

async function start({ dir = 'data', env = {}, args = [], asNobody = false }: StartOptions) {
  return await failToStart({
    cwd: folder,
    env: { KIOTPROXY_API_BASE: 'http://127.0.0.1:1', DATA_DIR: at(dir), ...env },
    args,
    ...(asNobody && isRoot ? { uid: nobody } : {}),
  })
}

describe('a data folder that can not be used', () => {
  const inFolder = (prepare: () => void, dir = 'data') => ({ prepare, dir })
  const folderInPlaceOf = (name: string) => inFolder(() => mkdirSync(at(`data/${name}`), { recursive: true }))
  const textInPlaceOf = (name: string) =>
    inFolder(() => {
      mkdirSync(at('data'))
      writeFileSync(at(`data/${name}`), 'some text '.repeat(1000))
    })
  const tail = /, or set DATA_DIR to another folder \(it is \S+\)\./.source
  const isFolder = (name: string) => new RegExp(`\\S+/${name} is a folder, and must be a file\\. Move it away${tail}`)

  const cases: [string, { prepare: () => void; dir: string }, RegExp][] = [
    [
      'since it is a file',
      inFolder(() => writeFileSync(at('data'), '')),
      new RegExp(`\\S+/data is a file, and must be a folder\\. Move it away${tail}`),
    ],
    [
      'since it would lie in a file',
      inFolder(() => writeFileSync(at('data'), ''), 'data/more'),
      new RegExp(
        `\\S+/more can't be there: a part of that path is a file, and must be a folder\\. Move that file away${tail}`,
      ),
    ],
    ['since its lock is a folder', folderInPlaceOf('.lock'), isFolder('\\.lock')],
    [
      'since its lock has something in it',
      textInPlaceOf('.lock'),
      /The data folder \S+ can't be locked \(.*\)\. Delete .*/,
    ],
    [
      'since its data file is a folder',
      folderInPlaceOf('data.json'),
      /\S+\/data\.json is a folder, and must be a file\. .*/,
    ],
    ['since what it writes to is a folder', folderInPlaceOf('data.json.tmp'), isFolder('data\\.json\\.tmp')],
    ['since its history is a folder', folderInPlaceOf('history.db'), isFolder('history\\.db')],
    [
      'since what is beside its history is a folder',
      folderInPlaceOf('history.db-wal'),
      /\S+\/history\.db can't be used: .*/,
    ],
  ]

  it.each(cases)('%s is told in a sentence', async (_, { prepare, dir }, sentence) => {
    prepare()

    const { code, output } = await start({ dir, env: { SECRET_KEY: 'for sixteen letters' } })

    expect(output).toMatch(only(sentence))
    expect(code).toBe(1)
  })

  it('since its key is a folder is told in a sentence', async () => {
    mkdirSync(at('data/secret.key'), { recursive: true })

    const { code, output } = await start({})

    expect(output).toMatch(only(/\S+\/secret\.key is a folder, and must be a file\. Move it away, or restore .*\./))
    expect(code).toBe(1)
  })

  it('is told in the same sentence when a password is to be reset', async () => {
    writeFileSync(at('data'), '')

    const { code, output } = await start({ args: ['--reset-password'] })

    expect(output).toMatch(/^stillpoint: \S+\/data is a file, and must be a folder\. .*\.$/)
    expect(code).toBe(1)
  })

  it('keeps its history where that is good, and only can not be opened', async () => {
    mkdirSync(at('data/history.db-wal'), { recursive: true })
    writeFileSync(at('data/history.db'), '')

    await start({})

    expect(readFileSync(at('data/history.db'), 'utf8')).toBe('')
  })
})

describe.skipIf(process.platform === 'win32')('what belongs to somebody else', () => {
  const sentence = (name: string, belongs: string) =>
    new RegExp(
      `\\S+/${name} can't be opened by the user with the number \\d+: \\S+/${belongs} belongs to \\d+\\. Give it to that user, .*`,
    )

  it('is told of the data folder', async () => {
    mkdirSync(at('data'))
    chmodSync(at('data'), isRoot ? 0o700 : 0)

    const { code, output } = await start({ asNobody: true })

    expect(output).toMatch(only(sentence('data/\\.lock', 'data')))
    expect(code).toBe(1)
    chmodSync(at('data'), 0o700)
  })

  it('is told of the folder that the data folder is to be made in', async () => {
    mkdirSync(at('above'))
    chmodSync(at('above'), isRoot ? 0o755 : 0o555)

    const { code, output } = await start({ dir: 'above/data', asNobody: true })

    expect(output).toMatch(only(sentence('above/data', 'above')))
    expect(code).toBe(1)
  })

  it.each(['.lock', 'secret.key', 'data.json', 'history.db'])('is told of %s', async (name) => {
    mkdirSync(at('data'))
    if (isRoot) chownSync(at('data'), nobody, nobody)
    writeFileSync(at(`data/${name}`), '')
    chmodSync(at(`data/${name}`), isRoot ? 0o600 : 0)

    const env: Record<string, string> = name === 'data.json' ? { SECRET_KEY: 'for sixteen letters' } : {}
    const { code, output } = await start({ asNobody: true, env })

    expect(output).toMatch(only(sentence(`data/${name}`, `data/${name}`)))
    expect(code).toBe(1)
  })

  it('is told of .env', async () => {
    writeFileSync(at('.env'), 'PORT=0')
    chmodSync(at('.env'), isRoot ? 0o600 : 0)

    const { code, output } = await start({ asNobody: true })

    expect(output).toMatch(/^stillpoint: \.env can't be opened .*, or put the settings into the process environment\.$/)
    expect(code).toBe(1)
  })
})
