import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Log } from '../lib/log.ts'
import { messageOf } from '../lib/problem.ts'
import { isSameList } from '../lib/same-list.ts'
import { renderDynamicConfig, type TraefikEndpoint, type TraefikParts } from './dynamic-config.ts'

interface DynamicFileParts extends TraefikParts {
  dir: string
  log: Log
}

/**
 * DynamicFile keeps `proxies.yml` in Traefik's folder in step with the endpoints. It is replaced as a whole, under a name that
 * Traefik does not read until it is complete, and only when it changes: each change makes Traefik load everything anew.
 */
export class DynamicFile {
  readonly #parts: DynamicFileParts
  readonly #path: string
  #endpoints: readonly TraefikEndpoint[] | null = null
  #failure: string | null = null
  #wanted: string | null = null
  #written: string | null = null
  #work: Promise<void> | null = null

  constructor(parts: DynamicFileParts) {
    this.#parts = parts
    this.#path = join(parts.dir, 'proxies.yml')
  }

  /** May be called as often as one likes: it looks whether anything changed first. */
  reconcile(endpoints: readonly TraefikEndpoint[]): void {
    if (this.#endpoints !== null && isSameList(endpoints, this.#endpoints, isSameEndpoint)) return
    this.#endpoints = endpoints
    const text = renderDynamicConfig(this.#parts, endpoints)
    if (text === this.#wanted) return
    this.#wanted = text
    this.#work ??= this.#write().finally(() => (this.#work = null))
  }

  /** Resolves when the file is as it is to be, or can't be. */
  async settled(): Promise<void> {
    while (this.#work !== null) await this.#work
  }

  async #write(): Promise<void> {
    const { dir, log } = this.#parts
    try {
      await mkdir(dir, { recursive: true })
      this.#written ??= await readFile(this.#path, 'utf8').catch(() => null)
      // What changes meanwhile is written next; only the last of it matters.
      while (this.#wanted !== null && this.#wanted !== this.#written) {
        const text = this.#wanted
        const temporary = join(dir, '.proxies.yml.new')
        try {
          await writeFile(temporary, text)
          await rename(temporary, this.#path)
        } catch (error) {
          await rm(temporary, { force: true })
          throw error
        }
        this.#written = text
        this.#failure = null
      }
    } catch (error) {
      // The next change of anything tries again.
      this.#endpoints = null
      this.#wanted = null
      const reason = messageOf(error)
      if (reason !== this.#failure) log.error({ file: this.#path, reason }, 'the file for Traefik could not be written')
      this.#failure = reason
    }
  }
}

function isSameEndpoint(a: TraefikEndpoint, b: TraefikEndpoint): boolean {
  return a.name === b.name && a.port === b.port
}
