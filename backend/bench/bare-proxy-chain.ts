// proxy-chain as it comes, with every request sent through the upstream at argv[2] and the same access check as the product's:
// a user name and a password. Prints its port. Its own process.
import { Server } from 'proxy-chain'

const server = new Server({
  host: '127.0.0.1',
  port: 0,
  prepareRequestFunction: ({ username, password }) =>
    username === 'proxy1' && password === 'token'
      ? { upstreamProxyUrl: `http://127.0.0.1:${process.argv[2]}` }
      : { requestAuthentication: true },
})
await server.listen()
process.stdout.write(`port ${server.port}\n`)
