import { parseArgs } from 'node:util'

import { startApp } from './app.ts'
import { renderBanner } from './banner.ts'
import { parseConfig, readEnvironment } from './config.ts'
import { demoDataDir, preferFreePort, startDemo } from './demo.ts'
import { systemClock } from './lib/clock.ts'
import { createLog, type Log } from './lib/log.ts'
import { messageOf, StartError } from './lib/problem.ts'
import { resetPassword } from './reset-password.ts'
import { version } from './version.ts'

const help = `Stillpoint ${version}: one constant proxy address per key, however often the IP behind it changes.

Usage: npm start [-- options]

  --help            this text
  --version         the version
  --reset-password  makes a new password for the admin, shows it and ends; stop the running process first

Without a .env file and without KIOTPROXY_API_BASE it runs a demo with a simulated provider. For your own keys copy
.env.example to .env, which explains every variable.
`

/** A second signal soon after the first is the same Ctrl-C, passed on by npm. */
const sameSignalMs = 500
const stopDeadlineMs = 1_800

async function main(): Promise<void> {
  const type = 'boolean'
  const { values } = parseArgs({ options: { help: { type }, version: { type }, 'reset-password': { type } } })
  if (values.help) return void process.stdout.write(help)
  if (values.version) return void process.stdout.write(`${version}\n`)
  if (values['reset-password']) return await showNewPassword()
  await run()
}

async function showNewPassword(): Promise<void> {
  const { environment, hasEnvFile } = readEnvironment()
  const isDemo = !hasEnvFile && environment['KIOTPROXY_API_BASE'] === undefined
  const config = parseConfig(isDemo ? { DATA_DIR: demoDataDir, ...environment } : environment)
  const { username, password } = await resetPassword({ config, clock: systemClock, log: createLog('warn') })
  process.stdout.write(`The new password of ${username}: ${password}\nEvery session was ended.\n`)
}

async function run(): Promise<void> {
  const { environment, hasEnvFile, unknown } = readEnvironment()
  const isDemo = !hasEnvFile && environment['KIOTPROXY_API_BASE'] === undefined
  const given = parseConfig(environment)
  const demo = isDemo ? await startDemo() : null
  try {
    const known = demo ? parseConfig({ ...demo.environment, ...environment }) : given
    const config = demo && environment['PORT'] === undefined ? await preferFreePort(known) : known
    const log = createLog(config.LOG_LEVEL)
    if (unknown.length > 0) log.warn({ names: unknown }, 'the .env file sets names that Stillpoint does not know')
    surviveErrors(log)
    const app = await startApp({ config, clock: systemClock, log })
    await demo?.prepareKeys(app)
    process.stdout.write(renderBanner({ app, config, demoOrigin: demo?.originUrl ?? null }))
    log.info({ version, port: app.port, keys: app.keys.list().length }, 'Stillpoint is ready')
    stopOnSignal(async () => {
      await app.stop()
      await demo?.stop()
      process.stdout.write('Stillpoint has stopped.\n')
    })
  } catch (error) {
    await demo?.stop()
    throw error
  }
}

/**
 * The last fence: an error that nobody caught costs the connection that it came from, not the hundreds beside it. The store
 * can't be left half-changed by it, since its data is replaced as a whole.
 */
function surviveErrors(log: Log): void {
  const report = (error: unknown) => {
    log.fatal(
      { reason: messageOf(error), stack: error instanceof Error ? error.stack : undefined },
      'an error nobody caught',
    )
  }
  // Whoever read our output may leave (`npm start | head`): saying so would fail again, without end.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  process.on('uncaughtException', report)
  process.on('unhandledRejection', report)
}

function stopOnSignal(stop: () => Promise<void>): void {
  let firstAt = 0
  const onSignal = () => {
    const now = Date.now()
    if (firstAt === 0) {
      firstAt = now
      // Whatever hangs, the process ends; the store has every acknowledged change.
      setTimeout(() => process.exit(1), stopDeadlineMs).unref()
      void stop().then(() => process.exit(0))
    } else if (now - firstAt > sameSignalMs) process.exit(1)
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
}

main().catch((error: unknown) => {
  const isExpected = error instanceof StartError || (error instanceof TypeError && 'code' in error)
  process.stderr.write(
    `stillpoint: ${isExpected ? messageOf(error) : error instanceof Error ? error.stack : String(error)}\n`,
  )
  process.exitCode = 1
})
