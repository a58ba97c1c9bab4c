// Runs both sides with hot reload: the backend starts anew when its sources change, the dashboard's changes show at once.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { createServer } from 'vite'

import { findStarters, whenStartersEnd } from '../src/starters.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const starters = findStarters()
const backend = spawn(process.execPath, ['--watch', '--watch-preserve-output', 'backend/src/main.ts'], {
  cwd: root,
  stdio: 'inherit',
})
const ended = once(backend, 'exit')
const dashboard = await startDashboard()
console.log('\n  Dashboard with hot reload:')
dashboard.printUrls()

async function startDashboard() {
  try {
    const server = await createServer({
      configFile: fileURLToPath(new URL('../../frontend/vite.config.ts', import.meta.url)),
    })
    return await server.listen()
  } catch (error) {
    backend.kill('SIGTERM')
    throw error
  }
}

async function stop(code) {
  backend.kill('SIGTERM')
  await dashboard.close()
  await ended
  process.exit(code)
}

backend.on('exit', (code) => void stop(code ?? 1))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop(0))
whenStartersEnd(starters, () => void stop(0))
