import { request, type IncomingHttpHeaders } from 'node:http'

import { adminPassword } from './world.ts'

export interface Question {
  method?: string
  path?: string
  /** Any header, Host too, which fetch would not let through. */
  headers?: Record<string, string>
  body?: unknown
  /** The address to come from. */
  from?: string
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  /** The cookies that are set, by name; empty values for those that are deleted. */
  cookies: Record<string, string>
  body: { code?: string; detail?: string; session_id?: string }
}

/** ask makes one request of its own connection. */
export async function ask(url: string, question: Question = {}): Promise<Answer> {
  const { method = 'GET', path = '/api/auth/me', headers = {}, body, from } = question
  const text = body === undefined ? '' : JSON.stringify(body)
  return await new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, {
      method,
      agent: false,
      ...(from === undefined ? {} : { localAddress: from }),
      headers: { ...(text === '' ? {} : { 'content-type': 'application/json' }), ...headers },
    })
    asked.on('error', reject).on('response', (response) => {
      let received = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (received += chunk))
      response.on('error', reject).on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          cookies: cookiesOf(response.headers['set-cookie'] ?? []),
          body: received.startsWith('{') ? (JSON.parse(received) as Answer['body']) : {},
        }),
      )
    })
    asked.end(text)
  })
}

/** login is what signs in. */
export function login(question: Question = {}, password = adminPassword, username = 'admin'): Question {
  return { method: 'POST', path: '/api/auth/login', body: { username, password }, ...question }
}

/** cookieHeader sends these cookies. */
export function cookieHeader(cookies: Record<string, string>): string {
  return Object.entries(cookies)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ')
}

function cookiesOf(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(lines.map((line) => (line.split(';')[0] ?? '').split('=') as [string, string]))
}
