import { explainPort } from '../api/http-server.ts'
import { StartError } from '../lib/problem.ts'
import type { Gateway } from '../plane/gateway/gateway.ts'
import type { Outside } from './outside.ts'

/** Where the gateway is unless the environment says otherwise. */
const defaultGatewayPort = 8080

/**
 * openSharedPorts opens the gateway, in clear and with a certificate over TLS; the ports are closed with the plane. Throws a StartError
 * for a port that was asked for and can't be had, or a certificate that can't be used.
 */
export async function openSharedPorts({ config, log }: Outside, gateway: Gateway): Promise<void> {
  const wantedPort = config.GATEWAY_PORT ?? defaultGatewayPort
  try {
    await gateway.listen(config.GATEWAY_HOST, wantedPort)
  } catch (error) {
    const reason = explainPort('GATEWAY', config.GATEWAY_HOST, wantedPort, error)
    const isWanted = config.PUBLIC_WAYS?.some(({ name: way }) => way === 'shared') ?? false
    if (config.GATEWAY_PORT !== undefined || isWanted) throw reason
    log.warn({ reason: reason.message }, 'there is no gateway: its port can’t be had; every endpoint has its own port')
  }
  if (config.TLS_CERT === undefined || config.TLS_KEY === undefined) return
  const files = { certPath: config.TLS_CERT, keyPath: config.TLS_KEY }
  try {
    await gateway.listenTls(config.GATEWAY_HOST, config.TLS_PORT, files)
  } catch (error) {
    if (error instanceof StartError) throw error
    throw explainPort('TLS', config.GATEWAY_HOST, config.TLS_PORT, error)
  }
}
