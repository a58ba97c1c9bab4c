import { parseArgs } from 'node:util'

import { startApp, type App } from './app/app.ts'
import { renderBanner } from './banner.ts'
import { parseConfig, readEnvironment, type Reading } from './config.ts'
import { demoDataDir, preferFreePort, startDemo } from './demo.ts'
import { endFailed, endInOrder } from './ending.ts'
import { systemClock } from './lib/clock.ts'
import { createLog, type Log } from './lib/log.ts'
import { messageOf, Problem, StartError } from './lib/problem.ts'
import { resetPassword } from './reset-password.ts'
import { findStarters } from './starters.ts'
import { version } from './version.ts'

const help = `Stillpoint ${version}: one constant proxy address per key, however often the IP behind it changes.

Usage: npm start [-- options]

  --help            this text
  --version         the version
  --reset-password  makes a new password for the admin, shows it and ends; stop the running process first

Without a .env file and without KIOTPROXY_API_BASE it runs a demo with a simulated provider. For your own keys copy
.env.example to .env, which explains every variable.
`

async function main(): Promise<void> {
  const type = 'boolean'
  const { values } = parseArgs({ options: { help: { type }, version: { type }, 'reset-password': { type } } })
  if (values.help) return void process.stdout.write(help)
  if (values.version) return void process.stdout.write(`${version}\n`)
  if (values['reset-password']) return await showNewPassword()
  await run()
}

async function showNewPassword(): Promise<void> {
  const reading = readEnvironment()
  const { environment } = reading
  const config = parseConfig(isDemo(reading) ? { DATA_DIR: demoDataDir, ...environment } : environment)
  const { username, password } = await resetPassword({ config, clock: systemClock, log: createLog('warn') })
  process.stdout.write(`The new password of ${username}: ${password}\nEvery session was ended.\n`)
}

async function run(): Promise<void> {
  // Before one of them can have ended.
  const starters = findStarters()
  const reading = readEnvironment()
  const { environment } = reading
  const given = parseConfig(environment)
  const demo = isDemo(reading) ? await startDemo() : null
  try {
    const known = demo ? parseConfig({ ...demo.environment, ...environment }) : given
    const config = demo && environment['PORT'] === undefined ? await preferFreePort(known) : known
    const log = createLog(config.LOG_LEVEL)
    warnOfEnvFile(reading, log)
    surviveErrors(log)
    const app = await startApp({ config, clock: systemClock, log })
    await demo?.prepareKeys(app).catch((error: unknown) => giveUp(app, error))
    process.stdout.write(renderBanner({ app, config, demoOrigin: demo?.originUrl ?? null }))
    log.info({ version, port: app.port, keys: app.keys.list().length }, 'Stillpoint is ready')
    endInOrder(starters, async () => {
      await app.stop()
      await demo?.stop()
      process.stdout.write('Stillpoint has stopped.\n')
    })
  } catch (error) {
    await demo?.stop()
    throw error
  }
}

/** Whether nothing was set up yet. */
function isDemo({ hasEnvFile, environment }: Reading): boolean {
  return !hasEnvFile && environment['KIOTPROXY_API_BASE'] === undefined
}

function warnOfEnvFile({ unknown, cutAtHash }: Reading, log: Log): void {
  if (unknown.length > 0) log.warn({ names: unknown }, 'the .env file sets names that Stillpoint does not know')
  if (cutAtHash.length === 0) return
  log.warn(
    { names: cutAtHash },
    'in the .env file these values end before a #: put quotes around a value that has one, or a blank before a comment',
  )
}

/** Stops what runs without its demo keys, and says the password that the next start will not. */
async function giveUp(app: App, error: unknown): Promise<never> {
  await app.stop()
  const { adminName, generatedPassword } = app
  const password =
    generatedPassword === null ? '' : ` The password of ${adminName} is ${generatedPassword} from now on.`
  throw new StartError(`The demo's keys can't be added: ${messageOf(error)}${password}`, { cause: error })
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

main().catch((error: unknown) => {
  const isExpected =
    error instanceof StartError || error instanceof Problem || (error instanceof TypeError && 'code' in error)
  endFailed(isExpected ? messageOf(error) : String(error instanceof Error ? error.stack : error))
})
