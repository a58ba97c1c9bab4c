import { execFile } from 'node:child_process'
import { copyFileSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript'
import { expect, it, onTestFinished } from 'vitest'

import { repositoryRoot } from './support/process.ts'
import { adminPassword, providerKey, World } from './support/world.ts'

const execute = promisify(execFile)
/** Ignored by all tools, and not below node_modules, where Node runs no TypeScript. */
const scratch = join(repositoryRoot, 'backend/dist')

/** What a strict project of somebody else may have. */
const compilerOptions = {
  target: 'es2025',
  module: 'nodenext',
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  allowImportingTsExtensions: true,
  noEmit: true,
}

it('is described so that a typed client made of it compiles, refuses what is wrong, and works', async () => {
  const world = await World.create()
  onTestFinished(() => world.stop())
  world.simulator.addKey(providerKey('a'))
  mkdirSync(scratch, { recursive: true })
  const folder = mkdtempSync(join(scratch, 'typed-client-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const { body } = await world.call<OpenAPI3>('GET', '/openapi.json')

  // What has a default need not be sent.
  writeFileSync(join(folder, 'api.d.ts'), astToString(await openapiTS(body, { defaultNonNullable: false })))
  copyFileSync(join(repositoryRoot, 'backend/test/fixtures/typed-client.mts'), join(folder, 'client.mts'))
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.mts', '*.d.ts'] }))
  const compiled = await execute(join(repositoryRoot, 'node_modules/.bin/tsc'), ['-p', folder]).then(
    () => 'compiles',
    (error: { stdout: string }) => error.stdout,
  )
  expect(compiled).toBe('compiles')

  const { stdout } = await execute(process.execPath, [
    join(folder, 'client.mts'),
    world.url,
    'admin',
    adminPassword,
    providerKey('a'),
  ])
  expect(JSON.parse(stdout)).toEqual({
    names: ['Shop A'],
    isLogged: true,
    drain: 'never',
    removed: 204,
    code: 'not_found',
  })
}, 120_000)
