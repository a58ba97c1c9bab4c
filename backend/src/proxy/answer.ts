import type { Answer } from '../lib/http-answer.ts'
import type { AccessVerdict } from './access.ts'
import type { RequestHead } from './request-head.ts'

/** credentialsAnswer asks for user name and token, which a browser then asks its user for: on the same connection. */
export function credentialsAnswer(name: string, verdict: AccessVerdict, { minor, hop }: RequestHead): Answer {
  const text =
    verdict === 'wrong_credentials'
      ? `Wrong user name or access token for ${name}.`
      : `${name} needs its user name (${name}) and access token.`
  const keepsConnection = minor === 1 && hop.framing.kind === 'none' && !hop.connection.has('close')
  return { status: 407, text, realm: name, keepsConnection }
}
