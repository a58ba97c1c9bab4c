import { toTraefikEndpoints } from '../endpoints/projections.ts'
import type { SharedPorts } from '../endpoints/published.ts'
import type { Store } from '../store/store.ts'
import { DynamicFile } from '../traefik/dynamic-file.ts'
import type { Outside } from './outside.ts'

/** TraefikFile keeps Traefik's dynamic file in step with the store, where one is wanted. */
export class TraefikFile {
  readonly #outside: Outside
  readonly #store: Store
  #file: DynamicFile | null = null

  constructor(outside: Outside, store: Store) {
    this.#outside = outside
    this.#store = store
  }

  /** Writes it from now on; the ports that it names are open. */
  start(ports: SharedPorts & { apiPort: number }): void {
    const { config, log } = this.#outside
    const { TLS_CERT: certFile, TLS_KEY: keyFile, TRAEFIK_DYNAMIC_DIR: dir } = config
    if (dir === null) return
    this.#file = new DynamicFile({
      dir,
      log,
      domain: config.DOMAIN,
      backendHost: config.TRAEFIK_BACKEND_HOST,
      ...ports,
      isBelieved: config.TRUSTED_PROXIES.length > 0,
      certResolver: config.TRAEFIK_CERT_RESOLVER ?? null,
      certificate: certFile === undefined || keyFile === undefined ? null : { certFile, keyFile },
    })
    this.follow()
  }

  follow(): void {
    this.#file?.reconcile(toTraefikEndpoints(this.#store.proxies))
  }

  /** Resolves when what was to be written is. */
  async settled(): Promise<void> {
    await this.#file?.settled()
  }
}
