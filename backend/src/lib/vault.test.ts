import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { sealFormer } from '../../test/support/former-file.ts'
import { createVault, loadVault } from './vault.ts'

describe('the vault', () => {
  let dataDir: string

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'stillpoint-vault-'))
  })

  afterEach(() => rmSync(dataDir, { recursive: true }))

  it('opens what it sealed, with its key from the file, and seals the same text differently each time', () => {
    const sealed = ['K123', 'K123', ''].map((text) => loadVault(dataDir, undefined).seal(text, 'a/1'))

    expect(sealed.map((text) => loadVault(dataDir, undefined).open(text, 'a/1'))).toEqual(['K123', 'K123', ''])
    expect(new Set(sealed).size).toBe(3)
    expect(statSync(join(dataDir, 'secret.key')).mode & 0o777).toBe(0o600)
  })

  it('does not open what was altered or sealed with another key', () => {
    const vault = loadVault(dataDir, 'a long enough secret')
    const sealed = vault.seal('K123', 'a/1')
    const altered = sealed.slice(0, -2) + (sealed.endsWith('AA') ? 'BB' : 'AA')

    expect(() => vault.open(altered, 'a/1')).toThrow()
    expect(() => loadVault(dataDir, 'another long secret').open(sealed, 'a/1')).toThrow()
    expect(loadVault(dataDir, 'a long enough secret').open(sealed, 'a/1')).toBe('K123')
  })

  it('opens at no other place, and not what was sealed for none', () => {
    const vault = createVault(Buffer.alloc(32, 7))
    const sealed = vault.seal('K123', 'proxy_keys/1/kiotproxy_key')

    expect(() => vault.open(sealed, 'proxy_keys/2/kiotproxy_key')).toThrow()
    expect(() => vault.open(sealed, '')).toThrow()
    expect(() => vault.open(sealFormer('K123', Buffer.alloc(32, 7)), '')).toThrow()
  })

  it('binds what was sealed for no place, leaves what is bound, and takes nothing that was altered', () => {
    const vault = createVault(Buffer.alloc(32, 7))
    const former = sealFormer('K123', Buffer.alloc(32, 7))
    const bound = vault.bind(former, 'a/1')

    expect(vault.open(bound, 'a/1')).toBe('K123')
    expect(vault.bind(bound, 'b/2')).toBe(bound)
    expect(() => vault.bind(sealFormer('K123', Buffer.alloc(32, 8)), 'a/1')).toThrow()
  })

  it('makes no new key for an old data file, and takes no damaged one', () => {
    writeFileSync(join(dataDir, 'data.json'), '{}')
    expect(() => loadVault(dataDir, undefined)).toThrow(/secret.key is missing, but data.json beside it/)

    writeFileSync(join(dataDir, 'secret.key'), 'short')
    expect(() => loadVault(dataDir, undefined)).toThrow(/is damaged: it must hold 32 bytes/)
  })
})
