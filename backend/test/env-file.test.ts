import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, it } from 'vitest'

import { runStillpoint } from './support/process.ts'

let cwd: string

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'stillpoint-env-'))
})

afterEach(() => rmSync(cwd, { recursive: true, force: true }))

const env = { PORT: '0', GATEWAY_PORT: '0', KIOTPROXY_API_BASE: 'http://127.0.0.1:1/api' }

it('starts with a .env file that Windows saved, and warns of a password that ends at a #', async () => {
  writeFileSync(join(cwd, '.env'), '\uFEFFADMIN_USERNAME=boss\r\nADMIN_PASSWORD=secret words #1\r\n')

  const running = runStillpoint({ cwd, env })
  await running.untilPrinted(/^ {2}Admin +boss$/m)

  expect(running.output).toMatch(/"names":\["ADMIN_PASSWORD"\].*these values end before a #/)
  expect(running.output).not.toContain('secret words')
  await running.kill('SIGTERM')
})

it('does not start with a .env file in UTF-16, and says how to save it', async () => {
  writeFileSync(join(cwd, '.env'), Buffer.from('\uFEFFADMIN_USERNAME=boss\r\n', 'utf16le'))

  const running = runStillpoint({ cwd, env })

  expect((await running.ended()).code).toBe(1)
  expect(running.output).toMatch(/^stillpoint: The file \.env is saved as UTF-16.*Save it as UTF-8.*\n$/)
})
