import pino from 'pino'
import pretty from 'pino-pretty'

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

export type LogLevel = (typeof logLevels)[number]

export type Log = pino.Logger

/**
 * createLog writes one line an event to standard output: for a person at a terminal, else as JSON. Secrets are kept out by
 * never being handed in; the paths below are only a second fence.
 */
export function createLog(level: LogLevel, output: NodeJS.WriteStream = process.stdout): Log {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: ['password', 'token', 'kiotproxy_key', 'session_id', 'authorization', 'cookie'],
  }
  if (!output.isTTY) return pino(options, output)
  return pino(options, pretty({ colorize: true, translateTime: 'SYS:HH:MM:ss', sync: true, destination: 1 }))
}

/** silentLog is for tests of parts whose lines do not matter. */
export const silentLog: Log = pino({ level: 'silent' })
