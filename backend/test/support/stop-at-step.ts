// Opens the store of each of these data folders and stops for ever at a step of its writes on the disk: in the first folder at the first
// step, in the second at the second, and so on, until there are no more steps. With a step for `kill` the process kills itself there.
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  options: { kill: { type: 'string' }, 'no-links': { type: 'boolean' } },
  allowPositionals: true,
})
let left = 0
let stop: () => void = () => {}

async function step(): Promise<void> {
  left -= 1
  if (left !== 0) return
  if (values.kill !== undefined) process.kill(process.pid, 'SIGKILL')
  stop()
  await new Promise(() => {})
}

/** Has each call of this be two steps, one before and one after. */
function watch<T extends object>(owner: T, name: keyof T): void {
  const call = owner[name] as (...input: unknown[]) => Promise<unknown>
  const watched = async (...input: unknown[]) => {
    await step()
    const output = await call.apply(owner, input)
    await step()
    return output
  }
  owner[name] = watched as T[keyof T]
}

const { open } = fs
fs.open = async (...input) => {
  await step()
  const file = await open(...input)
  const write = file.writeFile.bind(file)
  file.writeFile = async (data, ...options) => {
    const text = [...(data as Iterable<string>)].join('')
    const half = Math.floor(text.length / 2)
    await write(text.slice(0, half), ...options)
    await step()
    await write(text.slice(half), ...options)
    await step()
  }
  watch(file, 'sync')
  watch(file, 'close')
  return file
}
if (values['no-links'] === true) fs.link = () => Promise.reject(new Error('no hard links here'))
else watch(fs, 'link')
for (const name of ['copyFile', 'rename', 'rm'] as const) watch(fs, name)
syncBuiltinESMExports()

const { openFolder } = await import('./open-folder.ts')
for (const [index, folder] of positionals.entries()) {
  const stopped = new Promise<'stopped'>((resolve) => (stop = () => resolve('stopped')))
  left = values.kill === undefined ? index + 1 : Number(values.kill)
  if ((await Promise.race([openFolder(folder), stopped])) === 'stopped') continue
  process.stdout.write(`${index} steps\n`)
  process.exit(0)
}
