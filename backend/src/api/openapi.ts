import { sessionCookie } from './cookies.ts'
import type { Router } from './router.ts'

const scopeNames =
  '`read` looks, `rotate` changes exit IPs, `manage` changes keys, access and settings, `admin` acts as the admin himself. A session has all of them.'

/** serveDescription serves the API's description, made of the schemas that judge requests, at /openapi.json. */
export function serveDescription(api: Router): void {
  const { openAPIRegistry: registry } = api
  registry.registerComponent('securitySchemes', 'session', {
    type: 'http',
    scheme: 'bearer',
    description: `What \`POST /api/auth/login\` gives. Each route names the scope that it needs: ${scopeNames}`,
  })
  registry.registerComponent('securitySchemes', 'cookie', {
    type: 'apiKey',
    in: 'cookie',
    name: sessionCookie,
    description: `The same for browsers; a change must then come from a page of this origin. Over https its name is __Host-${sessionCookie}.`,
  })
  api.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Stillpoint',
      // The API's own: which Stillpoint runs here is told to nobody who is not signed in.
      version: '1',
      description: 'One constant proxy address per key, however often the IP behind it changes.',
      license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
    },
    servers: [{ url: '/', description: 'This Stillpoint' }],
    tags: [
      { name: 'Proxies', description: 'Keys and their endpoints' },
      { name: 'Endpoints', description: 'The constant addresses on their own' },
      { name: 'Access', description: 'Who may use an endpoint, and how' },
      { name: 'Operation log', description: 'What was done' },
      { name: 'Live events', description: 'What happens, as it happens' },
      { name: 'Settings', description: 'What holds for all keys' },
      { name: 'Sign in', description: 'Sessions and the password' },
      { name: 'System', description: 'Is it well, what runs here' },
    ],
  })
}
