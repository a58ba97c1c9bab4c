import { startSquid, startTinyproxy } from '../bench/contenders.ts'
import { startProduct } from './product.ts'

/** Contender is a started proxy that takes plain requests and CONNECT from this machine without credentials. */
export interface Contender {
  port: number
  stop(): Promise<void>
}

export const contenderNames = ['Stillpoint', 'squid', 'tinyproxy'] as const
export type ContenderName = (typeof contenderNames)[number]

/** startContender gives null where the program is not installed. */
export async function startContender(
  name: ContenderName,
  upstreamPort: number,
  productFolder: string,
): Promise<Contender | null> {
  switch (name) {
    case 'Stillpoint': {
      const options = { folder: productFolder, upstreamPort }
      const { prepared, stop } = await startProduct(options, (addEndpoint) => addEndpoint(['127.0.0.1']))
      return { port: prepared.port, stop }
    }
    case 'squid':
      return await startSquid(upstreamPort)
    case 'tinyproxy':
      return await startTinyproxy(upstreamPort)
    default:
      return name satisfies never
  }
}
