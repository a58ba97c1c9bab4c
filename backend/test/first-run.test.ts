import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { repositoryRoot, run, runStillpoint } from './support/process.ts'

const signIn = (url: string, password: string) =>
  fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password }),
  })

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
    const [first = '', second = '', login = '', rotate = ''] =
      running.output.match(/^ {4}\S.*$/gm)?.map((line) => line.trim()) ?? []

    const before = await sh(first)
    const other = await sh(second)
    const answer = JSON.parse(await sh(`${login}; ${rotate}`)) as { new_ip: string; old_ip: string }
    const after = await sh(first)

    expect(before).toMatch(/^127\.20\.0\.\d+$/)
    expect(other).not.toBe(before)
    expect(answer).toMatchObject({ old_ip: before, new_ip: after })
    expect(after).not.toBe(before)

    // Within 2 s: a process that hangs ends itself after 1.8 s, with code 1.
    running.child.kill('SIGINT')
    expect(await running.ended()).toEqual({ code: 0, signal: null })

    const again = runStillpoint({ cwd, env: ports })
    await again.untilPrinted(/Password +as set before/)
    expect(await sh(/curl -x .*/.exec(again.output)?.[0] ?? '')).toMatch(/^127\.20\.0\.\d+$/)
    await again.kill('SIGTERM')
  })

  it('with a .env file is for real: no demo keys, the generated password shown once', async () => {
    writeFileSync(join(cwd, '.env'), 'PORT=0\nKIOTPROXY_API_BASE=http://127.0.0.1:1/api\nADMIN_USERNAME=boss\n')
    const running = runStillpoint({ cwd })
    await running.untilPrinted(/No key yet: open http/)

    expect(running.output).toMatch(/^ {2}Admin +boss$/m)
    expect(running.output).toMatch(/^ {2}Password +[\w-]{24}$/m)
    expect(running.output).not.toMatch(/demo/)
    await running.kill('SIGTERM')
    const again = runStillpoint({ cwd })
    await again.untilPrinted(/Password +as set before/)
    await again.kill('SIGTERM')
  })

  it('that finds its port in use has not yet made a password that nobody saw; a forgotten one can be reset', async () => {
    const holder = createServer()
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
    const address = holder.address()
    const port = typeof address === 'object' ? String(address?.port) : ''
    writeFileSync(join(cwd, '.env'), 'KIOTPROXY_API_BASE=http://127.0.0.1:1/api\nTYPO=1\n')
    const failed = runStillpoint({ cwd, env: { PORT: port } })
    expect((await failed.ended()).code).toBe(1)
    await new Promise((resolve) => holder.close(resolve))

    const running = runStillpoint({ cwd, env: { PORT: '0' } })
    const [, url = '', shown = ''] = await running.untilPrinted(/Dashboard +(http:\S+)[^]*Password +([\w-]{24})\n/)
    expect((await signIn(url, shown)).status).toBe(200)
    expect(running.output).toMatch(/"names":\["TYPO"\]/)
    await running.kill('SIGTERM')

    const resetting = runStillpoint({ cwd, args: ['--reset-password'] })
    const [, password = ''] = await resetting.untilPrinted(/The new password of admin: ([\w-]{24})/)
    expect((await resetting.ended()).code).toBe(0)
    const again = runStillpoint({ cwd, env: { PORT: '0' } })
    const [, newUrl = ''] = await again.untilPrinted(/Dashboard +(http:\S+)/)
    expect((await signIn(newUrl, password)).status).toBe(200)
    expect((await signIn(newUrl, shown)).status).toBe(401)
    await again.kill('SIGTERM')
  })

  it('goes on, and ends in order, when nobody reads what it prints any more', async () => {
    writeFileSync(join(cwd, '.env'), 'PORT=0\nKIOTPROXY_API_BASE=http://127.0.0.1:1/api\nLOG_LEVEL=trace\n')
    const running = runStillpoint({ cwd })
    const [, url = '', password = ''] = await running.untilPrinted(/Dashboard +(http:\S+)[^]*Password +([\w-]{24})\n/)
    running.child.stdout?.destroy()
    running.child.stderr?.destroy()

    for (let count = 0; count < 3; count++) expect((await signIn(url, password)).status).toBe(200)

    running.child.kill('SIGTERM')
    expect(await running.ended()).toEqual({ code: 0, signal: null })
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
