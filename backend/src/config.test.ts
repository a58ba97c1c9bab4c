import { describe, expect, it } from 'vitest'

import { parseConfig } from './config.ts'

describe('the environment', () => {
  it('may be empty', () => {
    expect(parseConfig({ SECRET_KEY: '', ADMIN_PASSWORD: ' ' })).toEqual({
      DOMAIN: 'localhost',
      HOST: '127.0.0.1',
      PORT: 8000,
      ALLOWED_HOSTS: [],
      PROXY_HOST: '127.0.0.1',
      PROXY_PORT_START: 9000,
      PROXY_PORT_END: 9100,
      DATA_DIR: 'data',
      ADMIN_USERNAME: 'admin',
      KIOTPROXY_API_BASE: 'https://api.kiotproxy.com/api/v1',
      HEALTH_CHECK_INTERVAL: 30,
      HEALTH_CHECK_URL: 'https://checkip.amazonaws.com/',
      LOG_LEVEL: 'info',
      GATEWAY_HOST: '127.0.0.1',
      TLS_PORT: 8443,
      TRUSTED_PROXIES: [],
      PUBLIC_HTTPS: false,
      TRAEFIK_DYNAMIC_DIR: 'traefik/dynamic',
      TRAEFIK_BACKEND_HOST: '127.0.0.1',
    })
  })

  it('reads lists, and takes an empty TRAEFIK_DYNAMIC_DIR for none', () => {
    const config = parseConfig({
      TRUSTED_PROXIES: '10.0.0.1, 172.16.0.0/12 ::1',
      ALLOWED_HOSTS: 'Panel.example.com,my_proxy',
      TRAEFIK_DYNAMIC_DIR: '',
    })

    expect(config).toMatchObject({
      TRUSTED_PROXIES: ['10.0.0.1', '172.16.0.0/12', '::1'],
      ALLOWED_HOSTS: ['panel.example.com', 'my_proxy'],
      TRAEFIK_DYNAMIC_DIR: null,
    })
  })

  it.each([
    ['proxy.example.com', 'proxy.example.com'],
    ['203.0.113.10', '203.0.113.10'],
    ['127.0.0.1', '127.0.0.1'],
    ['2001:DB8:0::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
  ])('takes a name or an address for DOMAIN: %s', (text, domain) => {
    expect(parseConfig({ DOMAIN: text }).DOMAIN).toBe(domain)
  })

  it('reads the ways that clients can reach, with the ports in front', () => {
    const { PUBLIC_WAYS } = parseConfig({ PUBLIC_WAYS: 'own, shared:80 tls:443' })

    expect(PUBLIC_WAYS).toEqual([
      { name: 'own', port: null },
      { name: 'shared', port: 80 },
      { name: 'tls', port: 443 },
    ])
  })

  it.each([
    ['PORT', '80000', 'must be a whole number from 0 to 65535'],
    ['TRUSTED_PROXIES', '10.0.0.0/40', 'must be an IP address or a network'],
    ['TLS_CERT', '/a', 'must be set together with TLS_KEY'],
    ['ALLOWED_HOSTS', 'https://panel.example.com', 'must be host names with commas between them'],
    ['ALLOWED_HOSTS', 'panel.example.com:8443', 'must be host names with commas between them'],
    ['ALLOWED_HOSTS', 'panel.example.com, *.example.com', 'must be host names with commas between them'],
    ['PUBLIC_HTTPS', 'yes', 'must be true or false'],
    ['PORT', 'abc', 'must be a whole number from 0 to 65535'],
    ['PORT', '9050', 'must not lie in the range'],
    ['PROXY_PORT_END', '9000', 'must be greater than PROXY_PORT_START'],
    ['HOST', 'example.com', 'must be an IP address'],
    ['DOMAIN', 'Example.com', 'must be a domain name'],
    ['DOMAIN', 'https://x.com', 'must be a domain name'],
    ['DOMAIN', '203.0.113.300', 'must be a domain name in lower case such as proxy.example.com, or the IP address'],
    ['DOMAIN', '203.0.113.10:8080', 'must be a domain name'],
    ['DOMAIN', '0.0.0.0', 'must be a domain name'],
    ['PUBLIC_WAYS', 'web', 'must be some of own, shared and tls'],
    ['PUBLIC_WAYS', 'own:9001', 'must be some of own, shared and tls'],
    ['PUBLIC_WAYS', 'shared:0', 'must be some of own, shared and tls'],
    ['PUBLIC_WAYS', 'shared:70000', 'must have ports from 1 to 65535'],
    ['PUBLIC_WAYS', 'shared,shared:80', 'must name each way once'],
    ['PUBLIC_WAYS', ',', 'must name at least one of own, shared and tls'],
    ['PUBLIC_WAYS', 'own,tls', 'must not name tls without TLS_CERT, unless with the port'],
    ['PUBLIC_WAYS', 'tls:443', 'must not be tls alone without a domain'],
    ['KIOTPROXY_API_BASE', 'ftp://x', 'must be an http:// or https:// URL'],
    ['HEALTH_CHECK_INTERVAL', '0', 'must be a whole number from 1 to 3600'],
    ['HEALTH_CHECK_INTERVAL', '1.5', 'must be a whole number'],
    ['LOG_LEVEL', 'loud', 'must be one of trace, debug'],
  ])('is refused with %s=%s, named with what is allowed', (name, value, text) => {
    expect(() => parseConfig({ [name]: value })).toThrow(`  ${name}="${value}" ${text}`)
  })

  it('shows the default where that is what does not fit', () => {
    expect(() => parseConfig({ PROXY_PORT_START: '42000' })).toThrow(
      '  PROXY_PORT_END=9100 (the default) must be greater than PROXY_PORT_START',
    )
  })

  it('names every bad variable, and shows no secret', () => {
    const parse = () => parseConfig({ PORT: 'x', SECRET_KEY: 'hunter2' })

    expect(parse).toThrow(/PORT="x"[^]*SECRET_KEY=\(not shown\) must have at least 16 characters/)
    expect(parse).not.toThrow(/hunter2/)
  })
})
