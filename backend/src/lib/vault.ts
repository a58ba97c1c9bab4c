import { createCipheriv, createDecipheriv, createHash, randomBytes, scryptSync } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { explainFileError } from './file-error.ts'
import { StartError } from './problem.ts'

const prefix = 'enc:v2:'
/** What was sealed when values had no place yet. */
const placelessPrefix = 'enc:v1:'
const algorithm = 'aes-256-gcm'
const ivBytes = 12
const tagBytes = 16

/**
 * Vault encrypts what must not be readable in the data file: AES-256-GCM, a random IV for each value. A value is bound to its
 * place, such as `proxy_keys/7/kiotproxy_key` (additional authenticated data), and opens nowhere else.
 */
export interface Vault {
  seal(plain: string, place: string): string
  /** Throws when the value was sealed with another key or for another place, or was altered. */
  open(sealed: string, place: string): string
  /** Seals for a place what was sealed for none (`enc:v1:`); another value stays as it is. Throws as `open` does. */
  bind(sealed: string, place: string): string
}

/** createVault makes a vault of a 32-byte key. */
export function createVault(key: Buffer): Vault {
  const seal = (plain: string, place: string) => {
    const iv = randomBytes(ivBytes)
    const cipher = createCipheriv(algorithm, key, iv).setAAD(Buffer.from(place))
    const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
    return prefix + Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url')
  }
  return {
    seal,
    open(sealed, place) {
      if (!sealed.startsWith(prefix)) throw new TypeError(`no sealed value (${prefix}...)`)
      return decrypt(key, sealed.slice(prefix.length), Buffer.from(place))
    },
    bind(sealed, place) {
      if (!sealed.startsWith(placelessPrefix)) return sealed
      return seal(decrypt(key, sealed.slice(placelessPrefix.length), Buffer.alloc(0)), place)
    },
  }
}

function decrypt(key: Buffer, sealed: string, place: Buffer): string {
  const bytes = Buffer.from(sealed, 'base64url')
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
  decipher.setAAD(place)
  decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
  return Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]).toString('utf8')
}

/**
 * loadVault takes the key from `secretKey` (any text, stretched with scrypt) or else from `secret.key` in the data folder,
 * which it makes on the first run (mode 0600). A data file without its key file is a StartError: a new key could open
 * nothing in it.
 */
export function loadVault(dataDir: string, secretKey: string | undefined): Vault {
  if (secretKey !== undefined) return createVault(scryptSync(secretKey, 'stillpoint data file', 32))
  const path = join(dataDir, 'secret.key')
  if (!existsSync(path)) {
    if (existsSync(join(dataDir, 'data.json'))) {
      throw new StartError(
        `${path} is missing, but data.json beside it is encrypted with it. Restore secret.key from a backup, or set SECRET_KEY if this file was written with it.`,
      )
    }
    writeFileSync(path, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' })
  }
  const key = Buffer.from(readKeyFile(path).trim(), 'base64')
  if (key.length !== 32)
    throw new StartError(`${path} is damaged: it must hold 32 bytes in base64. Restore it from a backup.`)
  return createVault(key)
}

function readKeyFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw explainFileError(error, 'or restore it from a backup', path)
  }
}

/** newToken is a random secret of 144 bits, safe in a URL. */
export function newToken(): string {
  return randomBytes(18).toString('base64url')
}

/** hashToken is the SHA-256, in hexadecimal, under which a random token may be stored: its entropy makes a salt needless. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
