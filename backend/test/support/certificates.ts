import { createHash, X509Certificate } from 'node:crypto'

import { createCA, createCert } from 'mkcert'

/** TestCertificate is a certificate chain with its key, both PEM, and what a client that shall believe it needs. */
export interface TestCertificate {
  key: string
  cert: string
  /** The certificate of the authority, for curl and Node. */
  ca: string
  /** Base64 of SHA-256 of the public key, for Chromium's --ignore-certificate-errors-spki-list. */
  spki: string
}

/** createTestCertificate makes an authority and a certificate of it for these names; `*.` stands for one label. */
export async function createTestCertificate(...domains: string[]): Promise<TestCertificate> {
  const ca = await createCA({
    organization: 'Stillpoint tests',
    countryCode: 'VN',
    state: 'Test',
    locality: 'Test',
    validity: 2,
  })
  const { key, cert } = await createCert({ ca, domains, validity: 2 })
  const publicKey = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' })
  return {
    key,
    cert: `${cert}\n${ca.cert}`,
    ca: ca.cert,
    spki: createHash('sha256').update(publicKey).digest('base64'),
  }
}
