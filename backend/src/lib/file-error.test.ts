import { expect, it } from 'vitest'

import { explainFileError } from './file-error.ts'
import { messageOf, StartError } from './problem.ts'

const failure = (code: string, path: string | undefined = '/no/such/file') =>
  Object.assign(new Error(`${code}: so it is`), { code, ...(path === '' ? {} : { path }) })

it.each([
  ['EROFS', /^\/no\/such\/file can't be written: its file system is read-only\. Make it writable, or else\.$/],
  ['ENOSPC', /the disk is full\. Free some space, or else\.$/],
  ['EDQUOT', /the disk is full\. Free some space, or else\.$/],
  ['EACCES', /can't be opened by the user with the number \d+\. Give it to that user, .*, or else\.$/],
  ['EPERM', /can't be opened by the user with the number \d+\. Give it to that user, .*, or else\.$/],
  ['ELOOP', /is a symbolic link that leads to itself\. Replace it, or else\.$/],
  ['EIO', /^\/no\/such\/file can't be used \(EIO: so it is\)\. Repair it, or else\.$/],
])('%s becomes a sentence that says what to do', (code, sentence) => {
  const explained = explainFileError(failure(code), 'or else')

  expect(explained).toBeInstanceOf(StartError)
  expect(messageOf(explained)).toMatch(sentence)
})

it('takes the name of the file from the caller where the error has none', () => {
  const explained = explainFileError(failure('EISDIR', ''), 'or else', 'secret.key')

  expect(messageOf(explained)).toBe('secret.key is a folder, and must be a file. Move it away, or else.')
})

it.each([new Error('a bug'), new StartError('said already'), failure('ERR_SQLITE_ERROR', ''), 'a text'])(
  'leaves alone what is of no file: %s',
  (error) => {
    expect(explainFileError(error, 'or else')).toBe(error)
  },
)
