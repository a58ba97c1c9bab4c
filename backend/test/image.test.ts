import { execFileSync, spawn } from 'node:child_process'
import { chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

import { afterAll, expect, it } from 'vitest'

import packageJson from '../../package.json' with { type: 'json' }
import { repositoryRoot, Running } from './support/process.ts'

/*
 * The image's own steps, read from its Dockerfile and run in a temporary folder instead of a container: what the file copies is
 * copied, what it runs is run, and what it starts is started, by a user with no rights.
 */

const nobody = 65_534
const folder = mkdtempSync(join(tmpdir(), 'stillpoint-image-'))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Step {
  verb: string
  rest: string
}

/** The steps of each stage, with continued lines joined. */
function readStages(): Step[][] {
  const text = readFileSync(join(repositoryRoot, 'backend/Dockerfile'), 'utf8').replaceAll(/\\\n\s*/g, ' ')
  const stages: Step[][] = []
  for (const line of text.split('\n')) {
    const [, verb = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? []
    if (verb === 'FROM') stages.push([])
    else if (verb !== '') stages.at(-1)?.push({ verb, rest })
  }
  return stages
}

function copy(rest: string, build: string, to: string): void {
  const words = rest.split(' ')
  const isFromBuild = words[0] === '--from=build'
  const [target = '', ...sources] = words.slice(isFromBuild ? 1 : 0).toReversed()
  for (const source of sources) {
    const from = isFromBuild ? join(build, source.replace(/^\/app\//, '')) : join(repositoryRoot, source)
    const isFolder = target.endsWith('/')
    const destination = isFolder ? join(to, target, basename(source)) : join(to, target)
    const isWanted = (path: string) => isFromBuild || !/\/(node_modules|dist)$/.test(path)
    cpSync(from, destination, { recursive: true, filter: isWanted, verbatimSymlinks: true })
  }
}

it('builds and starts by the steps of its Dockerfile, without rights and without what only building needs', async () => {
  const [buildSteps = [], imageSteps = []] = readStages()
  const build = join(folder, 'build')
  const image = join(folder, 'image')
  for (const path of [build, image]) mkdirSync(path)
  const { PATH } = process.env
  for (const { verb, rest } of buildSteps) {
    if (verb === 'COPY') copy(rest, build, build)
    if (verb === 'RUN') execFileSync('sh', ['-c', rest], { cwd: build, stdio: 'ignore' })
  }
  for (const { verb, rest } of imageSteps) if (verb === 'COPY') copy(rest, build, image)
  for (const path of ['data', 'traefik/dynamic']) {
    mkdirSync(join(image, path), { recursive: true })
    if (process.getuid?.() === 0) chownSync(join(image, path), nobody, nobody)
  }
  execFileSync('chmod', ['755', folder])
  const start = JSON.parse(imageSteps.find(({ verb }) => verb === 'CMD')?.rest ?? '[]') as string[]
  expect(start.join(' ')).toBe(packageJson.scripts.start)

  const running = new Running(
    spawn(process.execPath, start.slice(1), {
      cwd: image,
      env: {
        PATH,
        NODE_ENV: 'production',
        PORT: '0',
        GATEWAY_PORT: '0',
        PROXY_PORT_START: '10200',
        PROXY_PORT_END: '10210',
        KIOTPROXY_API_BASE: 'http://127.0.0.1:1/api',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}),
    }),
  )

  const [, url = ''] = await running.untilPrinted(/Dashboard +(http:\S+)/)
  expect(await (await fetch(`${url}/ready`)).json()).toMatchObject({ ready: true })
  expect(readFileSync(join(image, 'traefik/dynamic/proxies.yml'), 'utf8')).toContain('app.localhost')
  expect(() => readFileSync(join(image, 'node_modules/vitest/package.json'))).toThrow(/ENOENT/)
  await running.kill('SIGTERM')
}, 240_000)
