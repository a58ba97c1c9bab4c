import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { readEnvFile } from './env-file.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stillpoint-env-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function read(content: string | Buffer) {
  const path = join(folder, '.env')
  writeFileSync(path, content)
  return readEnvFile(path, new Set(['SECRET_KEY']))
}

describe('a .env file', () => {
  it('that is not there is none', () => {
    expect(readEnvFile(join(folder, '.env'), new Set())).toBeNull()
  })

  it.each([
    ['with a byte order mark', '\uFEFFPORT=1\nHOST=a\n'],
    ['with the line ends of Windows', 'PORT=1\r\nHOST=a\r\n'],
    ['with both', '\uFEFFPORT=1\r\nHOST=a'],
    ['with the line ends of an old Mac', 'PORT=1\rHOST=a\r'],
    ['with a byte order mark before a comment', '\uFEFF# mine\nPORT=1\nHOST=a'],
    ['with a byte order mark before export', '\uFEFFexport PORT=1\nexport HOST=a'],
    ['with blank lines and blanks', '\n  PORT = 1 \n\n\tHOST=a\t\n'],
  ])('is read %s', (_, content) => {
    expect(read(content)).toEqual({ values: { PORT: '1', HOST: 'a' }, cutAtHash: [] })
  })

  const swapped = Buffer.from('\uFEFFPORT=1', 'utf16le').swap16()
  it.each([
    ['UTF-16', Buffer.from('\uFEFFPORT=1\r\n', 'utf16le'), /is saved as UTF-16, or is no text\. Save it as UTF-8/],
    ['UTF-16 without a mark', Buffer.from('PORT=1\r\n', 'utf16le'), /is saved as UTF-16, or is no text/],
    ['UTF-16, high byte first', swapped, /is saved as UTF-16, or is no text/],
    ['Latin-1', Buffer.from('ADMIN_PASSWORD=m\u00fcde', 'latin1'), /is not saved as UTF-8\. Save it as UTF-8/],
  ])('saved as %s is refused with what to do', (_, content, message) => {
    expect(() => read(content)).toThrow(message)
  })

  it.each([
    ['A=abc#def', ['A']],
    ['A=#abc', ['A']],
    ['A=abc#def # comment', ['A']],
    ['export A=abc#def', ['A']],
    ['A = abc#', ['A']],
    ["A=it's#1", ['A']],
    ['A=x"y#z"', ['A']],
    ['A=1\nB=c#d\nC=e#f', ['B', 'C']],
    ['SECRET_KEY=abc #def', ['SECRET_KEY']],
    ['SECRET_KEY= #def', ['SECRET_KEY']],
    ['A=abc # comment', []],
    ['A= # comment', []],
    ['A=abc ## comment#', []],
    ['#A=abc#def', []],
    ['  # A=abc#def', []],
    ['A="abc#def"', []],
    ["A='abc#def' # comment", []],
    ['A=`abc#def`', []],
    ['A="two\nB=lines#here"\nC=1', []],
    ['SECRET_KEY="abc #def"', []],
  ])('%j tells whose value ends at a #: %j', (content, names) => {
    expect(read(content)?.cutAtHash).toEqual(names)
  })
})
