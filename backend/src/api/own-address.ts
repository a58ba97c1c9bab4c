import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'

import { tokenDuration, type AllowAddressReply } from '../contract/index.ts'
import type { Addresses } from '../endpoints/allowed-addresses.ts'
import type { Clock } from '../lib/clock.ts'
import { addressGroup } from '../lib/ip.ts'
import type { Log } from '../lib/log.ts'
import { Problem } from '../lib/problem.ts'
import type { SlowDown } from '../lib/slow-down.ts'
import { describeTime } from '../lib/time-text.ts'
import { pageHeaders, renderPage, type EndpointFacts } from './endpoint-html.ts'
import type { ApiEnv } from './env.ts'
import { originOf } from './origins.ts'
import { statusOf } from './problem.ts'
import { isCrossSite } from './same-origin.ts'
import type { SiteRefusal, SiteRefusals } from './site-refusals.ts'
import { readSmallBody } from './small-body.ts'
import type { WrongTokens } from './wrong-tokens.ts'

interface OwnAddressParts {
  clientAddress: (c: Context<ApiEnv>) => string
  addresses: Pick<Addresses, 'allowWithToken'>
  clock: Clock
  log: Log
  slowDown: SlowDown
  wrongTokens: WrongTokens
  refusals: SiteRefusals
}

/** Wish is what somebody asks for, as he gave it. */
interface Wish {
  token: string
  duration: string
}

/** Outcome is what came of it: a sentence for the page, and for programs the reply, or the sentence as an error. */
interface Outcome {
  status: ContentfulStatusCode
  message: string
  /** Why it was turned away, where it was. */
  refusal?: SiteRefusal
  reply?: AllowAddressReply
  headers?: Record<string, string>
}

const noStore = { 'Cache-Control': 'no-store' }
const tooLarge: Outcome = { status: 413, refusal: 'body_too_large', message: 'The form may have at most 4 KB.' }
const tooSlow: Outcome = {
  status: 408,
  refusal: 'body_too_slow',
  message: 'The form did not come within 15 s.',
  headers: { Connection: 'close' },
}
const crossSite: Outcome = {
  status: 403,
  refusal: 'cross_site',
  message: 'This came from another web site. An address can only be allowed from the page of the endpoint itself.',
}
const tooMany: Outcome = {
  status: 429,
  refusal: 'too_many_attempts',
  message: 'Too many wrong access tokens came from this address. Try again in 5 s.',
  headers: { 'Retry-After': '5' },
}

/**
 * createOwnAddress lets the address that a request comes from in, for whoever has the token: as Bearer or Basic credentials, or
 * from the form of the page. A router whose address changes can do it from a timer. Who guesses is slowed down.
 */
export function createOwnAddress(parts: OwnAddressParts) {
  return async (c: Context<ApiEnv>, present: () => EndpointFacts): Promise<Response> => {
    if (c.req.method !== 'POST') return c.text('This takes POST.\n', 405, { Allow: 'POST' })
    const isForm = (c.req.header('content-type') ?? '').startsWith('application/x-www-form-urlencoded')
    const isSecure = originOf(c.env.incoming?.socket)?.isSecure === true
    const wish = isCrossSite(c.req, isSecure ? 'https' : null) ? crossSite : await readWish(c, isForm, parts.clock)
    if (wish === 'aborted') {
      parts.log.debug({ path: c.req.path, address: parts.clientAddress(c) }, 'a form was broken off')
      return c.body(null, 400)
    }
    const { status, message, refusal, reply, headers } =
      'status' in wish ? wish : await grant(c, wish, present(), parts)
    if (refusal !== undefined) parts.refusals.count(refusal)
    if (!isForm) return c.json(reply ?? { error: message }, status, { ...noStore, ...headers })
    return c.html(renderPage(present(), parts.clientAddress(c), message), status, { ...pageHeaders, ...headers })
  }
}

async function readWish(c: Context<ApiEnv>, isForm: boolean, clock: Clock): Promise<Wish | Outcome | 'aborted'> {
  if (!isForm) return { token: tokenOf(c.req.header('authorization') ?? ''), duration: c.req.query('for') ?? '24h' }
  // Requests made in memory, by tests, have no connection that a form could come through.
  const body = c.env.incoming ? await readSmallBody(c.env.incoming, clock) : ({ kind: 'aborted' } as const)
  switch (body.kind) {
    case 'read': {
      const form = new URLSearchParams(body.text)
      return { token: form.get('token')?.trim() ?? '', duration: form.get('for') ?? '24h' }
    }
    case 'too_large':
      return tooLarge
    case 'too_slow':
      return tooSlow
    case 'aborted':
      return 'aborted'
    default:
      return body satisfies never
  }
}

async function grant(
  c: Context<ApiEnv>,
  { token, duration }: Wish,
  { id, name }: EndpointFacts,
  { addresses, clientAddress, slowDown, wrongTokens }: OwnAddressParts,
): Promise<Outcome> {
  const wanted = tokenDuration.safeParse(duration)
  if (!wanted.success) {
    const message = `With the token an address can be allowed for 7 days at most: for must be one of ${tokenDuration.options.join(', ')}. The admin can allow it for longer.`
    return { status: 400, message }
  }
  const address = clientAddress(c)
  const guesser = addressGroup(address)
  if (slowDown.isFull(guesser)) return tooMany
  try {
    const reply = await addresses.allowWithToken(name, token, address, wanted.data)
    return { status: 200, message: describeAllowed(reply), reply }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    if (error.code === 'wrong_credentials') {
      wrongTokens.note(guesser, { id, name })
      await slowDown.fail(guesser)
    }
    const refusal = refusalOf(error)
    const wait = error.retryAfterSeconds
    const headers = wait === undefined ? {} : { 'Retry-After': String(wait) }
    return { status: statusOf(error.code), message: error.message, headers, ...(refusal && { refusal }) }
  }
}

function refusalOf({ code }: Problem): SiteRefusal | null {
  switch (code) {
    case 'wrong_credentials':
      return 'credentials'
    case 'address_taken':
    case 'too_many_addresses':
    case 'too_many_attempts':
      return code
    default:
      return null
  }
}

function describeAllowed({ address, endpoint, until, also_allowed_for }: AllowAddressReply): string {
  const others = also_allowed_for.join(', ')
  const warning =
    others === ''
      ? ''
      : ` It may also use ${others}, so on the shared port it still has to give a user name; on the own port of ${endpoint} it has not.`
  return `${address} may use ${endpoint} without a password ${until === null ? 'from now on' : `until ${describeTime(until)}`}.${warning}`
}

/** The token of Bearer credentials, or the password of Basic ones. */
function tokenOf(authorization: string): string {
  const [scheme = '', value = ''] = authorization.split(' ')
  if (scheme.toLowerCase() === 'bearer') return value
  if (scheme.toLowerCase() !== 'basic') return ''
  const text = Buffer.from(value, 'base64').toString('utf8')
  return text.slice(text.indexOf(':') + 1)
}
