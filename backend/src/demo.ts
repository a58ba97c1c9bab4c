import { join } from 'node:path'

import type { App } from './app/app.ts'
import type { Config } from './config.ts'
import { systemActor } from './contract/index.ts'
import { isPortFree } from './lib/ports.ts'

export const demoDataDir = join('data', 'demo')

const demoKeys = [
  { key_name: 'Shop A', kiotproxy_key: 'Kde300000000000000000000000000a001', region: 'nam' },
  { key_name: 'Shop B', kiotproxy_key: 'Kde300000000000000000000000000b002', region: 'bac' },
] as const

/** Demo is a pretend KiotProxy on this machine, with what the product needs to know to use it. */
export interface Demo {
  /** Takes the place of what the environment leaves open. */
  environment: Record<string, string>
  originUrl: string
  /** Adds the demo's keys where the data folder has none; else waits for their new upstreams: the simulator forgot the old. */
  prepareKeys(app: App): Promise<void>
  stop(): Promise<void>
}

/** startDemo starts the simulator. Its first key has no cooldown, so that it can be rotated at once; the second has 60 s. */
export async function startDemo(): Promise<Demo> {
  const { startSimulator } = await import('../simulator/simulator.ts')
  const simulator = await startSimulator({ acceptAnyKey: true, plan: { ttlSeconds: 600, cooldownSeconds: 60 } })
  simulator.addKey(demoKeys[0].kiotproxy_key, { cooldownSeconds: 0 })
  return {
    environment: {
      KIOTPROXY_API_BASE: simulator.apiBase,
      HEALTH_CHECK_URL: simulator.originUrl,
      DATA_DIR: demoDataDir,
      LOG_LEVEL: 'warn',
    },
    originUrl: simulator.originUrl,
    async prepareKeys(app) {
      await app.resumed
      if (app.keys.list().length > 0) return
      for (const key of demoKeys) {
        await app.keys.add({ ...key, allowed_ips: [], upstream_protocol: 'http' }, systemActor)
      }
    },
    stop: () => simulator.stop(),
  }
}

/** preferFreePort lets the demo start where another program has the usual port; port 0 takes any free one. */
export async function preferFreePort(config: Config): Promise<Config> {
  return (await isPortFree(config.HOST, config.PORT)) ? config : { ...config, PORT: 0 }
}
