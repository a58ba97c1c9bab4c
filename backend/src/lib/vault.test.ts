import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { loadVault } from './vault.ts'

describe('the vault', () => {
  let dataDir: string

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'stillpoint-vault-'))
  })

  afterEach(() => rmSync(dataDir, { recursive: true }))

  it('opens what it sealed, with its key from the file, and seals the same text differently each time', () => {
    const sealed = ['K123', 'K123', ''].map((text) => loadVault(dataDir, undefined).seal(text))

    expect(sealed.map((text) => loadVault(dataDir, undefined).open(text))).toEqual(['K123', 'K123', ''])
    expect(new Set(sealed).size).toBe(3)
    expect(statSync(join(dataDir, 'secret.key')).mode & 0o777).toBe(0o600)
  })

  it('does not open what was altered or sealed with another key', () => {
    const vault = loadVault(dataDir, 'a long enough secret')
    const sealed = vault.seal('K123')
    const altered = sealed.slice(0, -2) + (sealed.endsWith('AA') ? 'BB' : 'AA')

    expect(() => vault.open(altered)).toThrow()
    expect(() => loadVault(dataDir, 'another long secret').open(sealed)).toThrow()
    expect(loadVault(dataDir, 'a long enough secret').open(sealed)).toBe('K123')
  })

  it('makes no new key for an old data file, and takes no damaged one', () => {
    writeFileSync(join(dataDir, 'data.json'), '{}')
    expect(() => loadVault(dataDir, undefined)).toThrow(/secret.key is missing, but data.json beside it/)

    writeFileSync(join(dataDir, 'secret.key'), 'short')
    expect(() => loadVault(dataDir, undefined)).toThrow(/is damaged: it must hold 32 bytes/)
  })
})
