import { createCipheriv, randomBytes } from 'node:crypto'

import { providerKeyPlace, secretCheckPlace, subdomainOf, tokenPlace, type DataFile } from '../../src/contract/index.ts'
import { createVault } from '../../src/lib/vault.ts'

/** sealFormer seals as vaults did when values had no place: `enc:v1:`. */
export function sealFormer(plain: string, key: Buffer): string {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
  return `enc:v1:${Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url')}`
}

/** toFormer makes a file as the first form of version 4 had it, in which a key and its endpoint were one row, of one of now. */
export function toFormer(data: DataFile, secret: Buffer) {
  const { endpoints, next_endpoint_id: _, ...file } = data
  const vault = createVault(secret)
  const former = (sealed: string, place: string) => sealFormer(vault.open(sealed, place), secret)
  return {
    ...file,
    secret_check: former(file.secret_check, secretCheckPlace),
    proxy_keys: file.proxy_keys.map(({ provider: _1, tags: _2, note: _3, ...key }) => {
      const endpoint = endpoints.find(({ key_ids }) => key_ids[0] === key.id)
      if (!endpoint) throw new Error(`no endpoint has the key ${key.id}`)
      const { id, name, port, overrides, access } = endpoint
      return {
        ...key,
        key_name: name,
        subdomain: subdomainOf(endpoint),
        port,
        overrides,
        kiotproxy_key: former(key.kiotproxy_key, providerKeyPlace(key.id)),
        access: { ...access, token: former(access.token, tokenPlace(id)) },
      }
    }),
  }
}
