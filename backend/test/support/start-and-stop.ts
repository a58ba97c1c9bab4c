// Starts Stillpoint with a simulator, lets traffic through, rotates, stops both and does not exit: the process ends by
// itself only if nothing was left open.
import { EventReader } from './client-events.ts'
import { askThrough, getThrough, openTunnel } from './proxy-client.ts'
import { World } from './world.ts'

const world = await World.create()
const key = await world.addKey('a')
const connection = await world.connection(key.id)
await EventReader.open(`${world.url}/api/events`, { authorization: `Bearer ${world.session}` })
await getThrough(connection, 'http://ip.test/')
const tunnel = await openTunnel(connection, 'ip.test:80')
await askThrough(tunnel.socket)
await world.call('POST', `/api/proxies/${key.id}/rotate`)
await world.call('POST', `/api/proxies/${key.id}/check`)
const other = await openTunnel(connection, 'ip.test:80')
world.simulator.setFault('hang')
const hanging = world.call('POST', `/api/proxies/${key.id}/rotate`).catch(() => null)
await new Promise((resolve) => setTimeout(resolve, 50))
const startedAt = performance.now()
await world.stop()
await hanging
tunnel.socket.destroy()
other.socket.destroy()
process.stdout.write(`stopped after ${Math.round(performance.now() - startedAt)} ms\n`)
