import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { killHanging } from './hanging.ts'

const comparison = fileURLToPath(new URL('curl-compare.pl', import.meta.url))

/** Where a build of curl leaves its test servers: CMake's folders, then that of ./configure. */
const buildFolders = ['build/tests', 'bld/tests', 'tests']

/** A test that waits longer than this for its proxy has failed. */
const curlTimeoutSeconds = 10

/** CurlRun is what became of a run: the numbers of tests that passed, and for each failed one what runtests.pl said. */
export interface CurlRun {
  passed: Set<number>
  failed: Map<number, string>
  names: Map<number, string>
}

/** runCurlTests runs curl's own tests through the proxy at this port. `selection` is numbers or keywords of tests. */
export async function runCurlTests(folder: string, port: number, selection: readonly string[]): Promise<CurlRun> {
  const script = join(folder, 'tests', 'runtests.pl')
  const args = ['-a', '-n', '-j4', `-m=${curlTimeoutSeconds}`, '-L', comparison, '-P', `http://127.0.0.1:${port}`]
  const build = findBuild(folder)
  const child = spawn('perl', [script, ...args, ...selection], {
    cwd: build,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], LANG: 'C', srcdir: join(folder, 'tests') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  const stopWatch = killHanging(realpathSync(build), /^\S*libtests\0/)
  await new Promise((resolve) => child.once('close', resolve))
  stopWatch()
  if (!/^TESTDONE/m.test(output)) throw new Error(`runtests.pl did not come to its end:\n${output.slice(-2000)}`)
  return parseCurlOutput(output)
}

function findBuild(folder: string): string {
  const found = buildFolders
    .map((path) => join(folder, path))
    .find((path) => existsSync(join(path, 'server', 'servers')))
  if (found === undefined) throw new Error(`${folder} has no built test servers: see docs/conformance.md.`)
  return found
}

/** parseCurlOutput reads what runtests.pl prints. A test that it skipped is in neither list. */
function parseCurlOutput(output: string): CurlRun {
  const run: CurlRun = { passed: new Set(), failed: new Map(), names: new Map() }
  const failed = new Set((/^TESTFAIL: .*?: ([\d ]+)/m.exec(output)?.[1] ?? '').trim().split(' ').map(Number))
  const pieces = output.split(/^test (\d{4,}) (?=\[)/m)
  for (let index = 1; index < pieces.length; index += 2) {
    const test = Number(pieces[index])
    const text = pieces[index + 1] ?? ''
    run.names.set(test, /^\[(.*)\]/.exec(text)?.[1] ?? '')
    if (failed.has(test)) run.failed.set(test, text.slice(0, 4000))
    else run.passed.add(test)
  }
  return run
}
