import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { repositoryRoot, run, runStillpoint } from './support/process.ts'

const sh = async (line: string) => (await promisify(execFile)('sh', ['-c', line])).stdout.trim()

describe('the first run', () => {
  let cwd: string

  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'stillpoint-first-'))
  })

  afterEach(() => rmSync(cwd, { recursive: true }))

  it('is a demo whose printed lines work when pasted, and ends with Ctrl-C', async () => {
    const ports = { PROXY_PORT_START: '10000', PROXY_PORT_END: '10100' }
    const running = runStillpoint({ cwd, env: ports })
    await running.untilPrinted(/Ctrl-C ends this/)
    const [first = '', second = '', signIn = '', rotate = ''] =
      running.output.match(/^ {4}\S.*$/gm)?.map((line) => line.trim()) ?? []

    const before = await sh(first)
    const other = await sh(second)
    const answer = JSON.parse(await sh(`${signIn}; ${rotate}`)) as { new_ip: string; old_ip: string }
    const after = await sh(first)

    expect(before).toMatch(/^127\.20\.0\.\d+$/)
    expect(other).not.toBe(before)
    expect(answer).toMatchObject({ old_ip: before, new_ip: after })
    expect(after).not.toBe(before)

    // Within 2 s: a process that hangs ends itself after 1.8 s, with code 1.
    running.child.kill('SIGINT')
    expect(await running.ended()).toEqual({ code: 0, signal: null })

    const again = runStillpoint({ cwd, env: ports })
    await again.untilPrinted(/Password +the one shown at the first start/)
    expect(await sh(/curl -x .*/.exec(again.output)?.[0] ?? '')).toMatch(/^127\.20\.0\.\d+$/)
    await again.kill('SIGTERM')
  })

  it('with a .env file is for real: no demo keys, the generated password shown once', async () => {
    writeFileSync(join(cwd, '.env'), 'PORT=0\nKIOTPROXY_API_BASE=http://127.0.0.1:1/api\nADMIN_USERNAME=boss\n')
    const running = runStillpoint({ cwd })
    await running.untilPrinted(/No key yet: add one with POST \/api\/proxies\./)

    expect(running.output).toMatch(/^ {2}Admin +boss$/m)
    expect(running.output).toMatch(/^ {2}Password +[\w-]{24}$/m)
    expect(running.output).not.toMatch(/demo/)
    await running.kill('SIGTERM')
    const again = runStillpoint({ cwd })
    await again.untilPrinted(/Password +the one shown at the first start/)
    await again.kill('SIGTERM')
  })

  it('knows --help and --version, also through npm, which builds first', async () => {
    const help = runStillpoint({ cwd, args: ['--help'] })
    const version = run('npm', ['start', '--silent', '--', '--version'], { cwd: repositoryRoot })
    const unknown = runStillpoint({ cwd, args: ['--nonsense'] })

    expect([await help.ended(), await version.ended(), await unknown.ended()].map((end) => end.code)).toEqual([0, 0, 1])
    expect(help.output).toMatch(/^Usage: npm start/m)
    expect(version.output).toMatch(/^\d+\.\d+\.\d+$/m)
    expect(unknown.output).toMatch(/^stillpoint: Unknown option '--nonsense'/)
  })
})
