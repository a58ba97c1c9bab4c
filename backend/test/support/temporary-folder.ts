import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const made = new Set<string>()

/** makeTemporaryFolder makes one that is gone when this process ends, whether or not it came to removing it. */
export function makeTemporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `stillpoint-${name}-`))
  if (made.size === 0) process.once('exit', removeAll)
  made.add(folder)
  return folder
}

function removeAll(): void {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
}
