import { isIP } from 'node:net'

import { stringify } from 'yaml'

/** TraefikEndpoint is an endpoint that Traefik leads to. */
export interface TraefikEndpoint {
  /** `proxy3`. */
  name: string
  port: number
}

export interface TraefikParts {
  domain: string
  /** The host at which Traefik finds this program. */
  backendHost: string
  apiPort: number
  /** Null where there is no gateway. */
  gatewayPort: number | null
  /** Whether what Traefik says of its clients (PROXY protocol) is believed here; where not, it would be refused. */
  isBelieved: boolean
  certResolver: string | null
  /** Paths of a certificate and its key, as Traefik sees them. */
  certificate: { certFile: string; keyFile: string } | null
}

const note = `# Written by Stillpoint whenever its keys change. Changes by hand are lost: change the environment instead.
`

/**
 * renderDynamicConfig writes Traefik's dynamic configuration: each endpoint by its name over TLS to its own port, port 80 to the
 * gateway, app.DOMAIN to the API. Under an address there are no names, and nobody gets certificates for them: then TLS leads to the
 * API alone. It is never empty, which Traefik would ignore. Throws where it would hold a template.
 */
export function renderDynamicConfig(parts: TraefikParts, endpoints: readonly TraefikEndpoint[]): string {
  const { domain, apiPort, gatewayPort } = parts
  const isBare = isIP(domain) !== 0
  const secured = parts.certResolver === null || isBare ? {} : { certResolver: parts.certResolver }
  const sorted = isBare ? [] : endpoints.toSorted((a, b) => a.port - b.port)
  const config = {
    tcp: {
      routers: {
        ...(gatewayPort === null
          ? {}
          : { gateway: { entryPoints: ['web'], rule: 'HostSNI(`*`)', service: 'gateway' } }),
        ...Object.fromEntries(
          sorted.map(({ name }) => [
            name,
            {
              entryPoints: ['websecure'],
              rule: `HostSNI(\`${name}.${domain}\`)`,
              service: name,
              tls: { options: 'endpoints', ...secured },
            },
          ]),
        ),
      },
      services: {
        ...(gatewayPort === null ? {} : { gateway: tcpService(parts, gatewayPort) }),
        ...Object.fromEntries(sorted.map(({ name, port }) => [name, tcpService(parts, port)])),
      },
      ...(parts.isBelieved ? { serversTransports: { stillpoint: { proxyProtocol: { version: 2 } } } } : {}),
    },
    http: {
      routers: {
        app: {
          entryPoints: ['websecure'],
          rule: `Host(\`${isBare ? domain : `app.${domain}`}\`)`,
          service: 'app',
          tls: { ...secured },
        },
      },
      services: { app: { loadBalancer: { servers: [{ url: `http://${authority(parts.backendHost, apiPort)}` }] } } },
    },
    tls: {
      // HTTP/2 would be negotiated by default, and a proxy over it is another protocol.
      options: { endpoints: { alpnProtocols: ['http/1.1', 'acme-tls/1'], minVersion: 'VersionTLS12' } },
      ...(parts.certificate === null ? {} : { stores: { default: { defaultCertificate: parts.certificate } } }),
    },
  }
  const text = note + stringify(dropEmpty(config), { lineWidth: 0 })
  if (text.includes('{{')) throw new Error('Traefik would take a path or name with {{ for a template')
  return text
}

function tcpService({ backendHost, isBelieved }: TraefikParts, port: number) {
  return {
    loadBalancer: {
      ...(isBelieved ? { serversTransport: 'stillpoint' } : {}),
      servers: [{ address: authority(backendHost, port) }],
    },
  }
}

function authority(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Traefik refuses a file with an empty map of routers. */
function dropEmpty<T extends { tcp: { routers: object } }>(config: T): Omit<T, 'tcp'> | T {
  if (Object.keys(config.tcp.routers).length > 0) return config
  const { tcp: _, ...rest } = config
  return rest
}
