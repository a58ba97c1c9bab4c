// Runs both sides with hot reload: the backend starts anew when its sources change, the dashboard's changes show at once.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { createServer } from 'vite'

const root = fileURLToPath(new URL('../..', import.meta.url))
const backend = spawn(process.execPath, ['--watch', '--watch-preserve-output', 'backend/src/main.ts'], {
  cwd: root,
  stdio: 'inherit',
})
const dashboard = await createServer({
  configFile: fileURLToPath(new URL('../../frontend/vite.config.ts', import.meta.url)),
})
await dashboard.listen()
console.log('\n  Dashboard with hot reload:')
dashboard.printUrls()

async function stop(code) {
  backend.kill('SIGTERM')
  await dashboard.close()
  process.exit(code)
}

backend.on('exit', (code) => void stop(code ?? 1))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop(0))
