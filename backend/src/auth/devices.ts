import type { User } from '../contract/index.ts'
import { toTimestamp, type Clock } from '../lib/clock.ts'
import { hashToken, newToken } from '../lib/vault.ts'
import type { Store } from '../store/store.ts'

const maxDevicesPerUser = 20

interface DevicesParts {
  store: Store
  clock: Clock
}

/**
 * Devices are the browsers in which a user signed in once, told by a cookie that lets nobody in: it only keeps what strangers do
 * to a user name or from a shared address away from them. Only hashes are stored, of the last 20 for each user.
 */
export class Devices {
  readonly #store: Store
  readonly #clock: Clock

  constructor({ store, clock }: DevicesParts) {
    this.#store = store
    this.#clock = clock
  }

  isKnown(user: User | undefined, deviceId: string | undefined): boolean {
    if (!user || deviceId === undefined) return false
    const idHash = hashToken(deviceId)
    return user.devices.some((row) => row.id_hash === idHash)
  }

  /** Notes that the user signed in there; returns the id of the device, a new one where it had none. */
  async remember(user: User, deviceId: string | undefined): Promise<string> {
    const id = deviceId !== undefined && this.isKnown(user, deviceId) ? deviceId : newToken() + newToken()
    const row = { id_hash: hashToken(id), last_used_at: toTimestamp(this.#clock.now()) }
    await this.#store.record((draft) => {
      const account = draft.users.find(user.id)
      if (!account) return
      const others = account.devices.filter((other) => other.id_hash !== row.id_hash)
      account.devices = [...others, row].slice(-maxDevicesPerUser)
    })
    return id
  }
}
