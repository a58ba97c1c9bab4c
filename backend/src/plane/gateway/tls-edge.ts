import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import type { Socket } from 'node:net'
import { createServer, type Server } from 'node:tls'

import type { Log } from '../../lib/log.ts'
import { messageOf, StartError, systemCodeOf } from '../../lib/problem.ts'

const handshakeTimeoutMs = 5_000
const watchMs = 5_000

/** Mozilla's intermediate configuration (https://ssl-config.mozilla.org, 5.7): forward secrecy and AEAD only. */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'DHE-RSA-AES128-GCM-SHA256',
  'DHE-RSA-AES256-GCM-SHA384',
  'DHE-RSA-CHACHA20-POLY1305',
].join(':')

/** TlsFiles are the paths of a certificate chain and its key, PEM. */
export interface TlsFiles {
  certPath: string
  keyPath: string
}

type OnSecured = (secured: Socket, serverName: string) => void

interface TlsEdgeParts {
  files: TlsFiles
  log: Log
  /** A client did not come to an end with its handshake, by an error or by time. */
  onRefused: (isSlow: boolean) => void
}

/**
 * TlsEdge ends TLS for the gateway: HTTP/1.1 by ALPN, since a proxy over HTTP/2 is another protocol. The files are read again
 * when they change; a pair that can't be used is reported, and the one before stays.
 */
export class TlsEdge {
  readonly #files: TlsFiles
  readonly #log: Log
  readonly #server: Server
  readonly #open = new Set<Socket>()
  /** Who waits for a handshake, by the ends of the connection. */
  readonly #shaking = new Map<string, OnSecured>()

  /** Throws a StartError where the certificate can't be used. */
  constructor({ files, log, onRefused }: TlsEdgeParts) {
    this.#files = files
    this.#log = log
    this.#server = createServer({
      ALPNProtocols: ['http/1.1'],
      ...readFirstCertificate(files),
      ciphers,
      handshakeTimeout: handshakeTimeoutMs,
      allowHalfOpen: true,
      noDelay: true,
    })
    this.#server.on('secureConnection', (secured) => {
      const peer = peerOf(secured)
      const onSecured = this.#shaking.get(peer)
      this.#shaking.delete(peer)
      onSecured?.(secured, typeof secured.servername === 'string' ? secured.servername : '')
    })
    // A client that does not believe the certificate, or speaks no TLS, is closed by Node.
    this.#server.on('tlsClientError', (error, socket) => {
      const code = systemCodeOf(error)
      if (code !== 'ECONNRESET') onRefused(code === 'ERR_TLS_HANDSHAKE_TIMEOUT')
      socket.destroy()
    })
    for (const path of [files.certPath, files.keyPath])
      watchFile(path, { interval: watchMs, persistent: false }, this.#reload)
  }

  /** Shakes hands on a connection of which `bytes` were read (null for none); then calls `onSecured`. */
  accept(socket: Socket, bytes: Buffer | null, onSecured: OnSecured): void {
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
    if (bytes !== null && bytes.length > 0) {
      socket.pause()
      socket.unshift(bytes)
    }
    const peer = peerOf(socket)
    this.#shaking.set(peer, onSecured)
    socket.once('close', () => this.#shaking.delete(peer))
    this.#server.emit('connection', socket)
  }

  stop(): void {
    for (const path of [this.#files.certPath, this.#files.keyPath]) unwatchFile(path, this.#reload)
    for (const socket of this.#open) socket.destroy()
  }

  readonly #reload = (): void => {
    try {
      this.#server.setSecureContext(readCertificate(this.#files))
      this.#log.info({ certificate: this.#files.certPath }, 'the certificate was read again')
    } catch (error) {
      this.#log.error({ reason: messageOf(error) }, 'the new certificate can’t be used; the one before stays')
    }
  }
}

function readFirstCertificate(files: TlsFiles): ReturnType<typeof readCertificate> {
  try {
    return readCertificate(files)
  } catch (error) {
    const { certPath, keyPath } = files
    throw new StartError(`TLS_CERT=${certPath} or TLS_KEY=${keyPath} can't be used: ${messageOf(error)}`)
  }
}

/** Both ends of a connection: there is only one between them. */
function peerOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`
}

/** Throws where the files are not a certificate and its key, which Node itself would only show to clients. */
function readCertificate({ certPath, keyPath }: TlsFiles): { cert: Buffer; key: Buffer; minVersion: 'TLSv1.2' } {
  const cert = readFileSync(certPath)
  const key = readFileSync(keyPath)
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    throw new Error('the key is not the one of the certificate')
  return { cert, key, minVersion: 'TLSv1.2' }
}
