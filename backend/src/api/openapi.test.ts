import { isIPv4, isIPv6 } from 'node:net'

import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'

import { lintDescription } from '../../api-checks/lint.ts'
import { readDescription, type Description } from '../../test/support/description.ts'
import { addProxyRequest, allowAddressRequest, loginRequest, logQuery, passwordRequest } from '../contract/index.ts'
import { queryBoolean } from '../contract/query.ts'
import { idParameter } from './router.ts'

const text = await readDescription()
const description = JSON.parse(text) as Description
const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
)

/** All objects of the description, whatever they are. */
function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return
  yield value as Record<string, unknown>
  for (const inner of Object.values(value)) yield* objectsIn(inner)
}

describe('the description of the API', () => {
  it("is without an error to Redocly's linter", async () => {
    const problems = await lintDescription(text)

    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  })

  it('is judged by that linter at all', async () => {
    const broken = text.replace('"operationId":"listProxies"', '"operationId":"login"')

    expect((await lintDescription(broken)).map(({ rule }) => rule)).toContain('operation-operationId-unique')
  })

  it('says where the API is, and names each operation', () => {
    expect(description.servers).toEqual([{ url: '/', description: 'This Stillpoint' }])
    expect(operations.filter(({ operation }) => !operation.operationId || !operation.summary)).toEqual([])
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length)
  })

  it('has patterns that others can read: no slashes, no flags, no names of Unicode', () => {
    const patterns = [...objectsIn(description)].flatMap(({ pattern }) =>
      typeof pattern === 'string' ? [pattern] : [],
    )

    expect(patterns.length).toBeGreaterThan(5)
    for (const pattern of patterns) {
      expect(() => new RegExp(pattern, 'u')).not.toThrow()
      expect(pattern).not.toMatch(/^\/|\/[a-z]*$|\\p\{|\(\?[<i]/)
    }
  })

  it.each(operations.map(({ name, operation }) => [name, operation] as const))(
    'lists all answers of %s',
    (name, operation) => {
      const [method, path = ''] = name.split(' ')
      const isOpen = operation.security?.some((way) => Object.keys(way).length === 0) ?? true
      const isPublic = isOpen || operation.security?.length === 0
      const expected = [
        ...(operation.requestBody || operation.parameters?.some((parameter) => parameter.in !== 'header')
          ? ['400']
          : []),
        ...(isPublic ? [] : ['401', '403']),
        ...(path.includes('{') ? ['404'] : []),
        ...(operation.requestBody ? ['415'] : []),
        '421',
        '500',
        ...(method === 'GET' ? [] : ['503', '507']),
      ]

      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(expected))
      expect(Object.keys(operation.responses).some((status) => status.startsWith('2'))).toBe(true)
      expect(operation.responses['default']).toBeUndefined()
    },
  )

  it.each(
    operations
      .filter(({ name }) => name.includes('/api/') && !name.endsWith('/login'))
      .map(({ name, operation }) => [name, operation] as const),
  )('names the scope of %s, for the session and for the cookie', (_, { security }) => {
    const scope = security?.[0]?.['session']

    expect(scope).toHaveLength(1)
    expect(security).toEqual([{ session: scope }, { cookie: scope }])
  })
})

const ajv = new Ajv2020({
  strict: false,
  formats: {
    ipv4: isIPv4,
    ipv6: (address: string) => isIPv6(address) && !address.includes('%'),
    'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/,
  },
})
ajv.addSchema({ $id: 'description', ...description })

/** Whether the description takes a body of this kind. */
const takesBody = (component: string, body: unknown) =>
  ajv.validate({ $ref: `description#/components/schemas/${component}` }, body)

/** Whether it takes this value of a parameter. */
function takesParameter(path: string, method: string, name: string, value: unknown): boolean {
  const schema = description.paths[path]?.[method]?.parameters?.find((parameter) => parameter.name === name)?.schema
  return ajv.validate(schema ?? false, value)
}

const key = `K${'0123456789abcdef'.repeat(2)}`
const smile = '🙂'

describe('a body is judged alike by the description and by the code', () => {
  const bodies: [
    component: string,
    schema: z.ZodType,
    body: (value: unknown) => object,
    good: unknown[],
    bad: unknown[],
  ][] = [
    [
      'AddProxyRequest',
      addProxyRequest,
      (kiotproxy_key) => ({ kiotproxy_key }),
      [
        key,
        ` ${key}\n`,
        `${key.slice(0, 9)}\r\n${key.slice(9)}`,
        `\uFEFF${key.slice(0, 9)}\u200B${key.slice(9)}`,
        'abc-def_123',
        'a'.repeat(128),
      ],
      ['', 'K12', 'abcdef ghijkl', 'a'.repeat(129), 'khóa-rất-dài', `Shop A ${key}`, 5, null],
    ],
    [
      'AddProxyRequest',
      addProxyRequest,
      (key_name) => ({ kiotproxy_key: key, key_name }),
      ['Shop A', ' Shop A\t', smile.repeat(100), `${'x'.repeat(100)}${' '.repeat(50)}`, 'x', '\u00a0Kiều '],
      ['', ' ', '\u3000', smile.repeat(101), 'a\tb', 'a\u0000', '\u0085', 'a\u009f b', key, 'f'.repeat(32), null],
    ],
    [
      'AddProxyRequest',
      addProxyRequest,
      (network) => ({ kiotproxy_key: key, allowed_ips: [network] }),
      ['203.0.113.7', '203.0.113.0/24', '::1', '2001:db8::/48', '::/0', '0.0.0.0/0', '1:2:3:4:5:6:7::'],
      ['', '203.0.113.256', '203.0.113.0/33', '1:2:3:4:5:6:7:8:9', '::/129', 'host', '203.0.113.0/', '::1%eth0'],
    ],
    [
      'AllowAddressRequest',
      allowAddressRequest,
      (address) => ({ address }),
      ['203.0.113.7', '2001:DB8::1'],
      ['203.0.113.0/24', '1.2.3', '01.2.3.4', '', null],
    ],
    [
      'LoginRequest',
      loginRequest,
      (username) => ({ username, password: 'x' }),
      ['a', smile.repeat(200)],
      ['', smile.repeat(201), 'a'.repeat(201), 7],
    ],
    [
      'PasswordRequest',
      passwordRequest,
      (new_password) => ({ current_password: 'x', new_password }),
      ['12345678', smile.repeat(8), 'mật khẩu mới', 'a'.repeat(72)],
      ['1234567', smile.repeat(7), 'a'.repeat(73), 'tab\tin the middle', 'a\u0080bcdefgh'],
    ],
  ]
  const cases = bodies.flatMap(([component, schema, body, good, bad]) =>
    [...good.map((value) => [value, true] as const), ...bad.map((value) => [value, false] as const)].map(
      ([value, isGood]) => [component, JSON.stringify(body(value)).slice(0, 90), isGood, schema, body(value)] as const,
    ),
  )

  it.each(cases)('%s %s: %s', (component, _, isGood, schema, body) => {
    expect([takesBody(component, body), schema.safeParse(body).success]).toEqual([isGood, isGood])
  })

  it('refuses fields that nobody knows', () => {
    const body = { username: 'a', password: 'b', remember: true }

    expect([takesBody('LoginRequest', body), loginRequest.safeParse(body).success]).toEqual([false, false])
  })
})

describe('a parameter is judged alike by the description and by the code', () => {
  const highest = 999_999_999_999_999

  it.each([
    ['limit', 1, true],
    ['limit', 1000, true],
    ['limit', 0, false],
    ['limit', 1001, false],
    ['limit', -1, false],
    ['limit', 1.5, false],
    ['before', highest, true],
    ['before', highest + 1, false],
    ['proxy_id', 0, false],
    ['action', 'rotate', true],
    ['action', 'nonsense', false],
    ['since', '2026-01-31T08:15:30Z', true],
    ['since', '2026-01-31T08:15:30.123456+07:00', true],
    ['until', '9999-12-31T23:59:59-10:00', true],
    ['until', 'yesterday', false],
    ['until', '2026-01-31T08:15:30', false],
  ])('%s=%s: %s', (name, value, isGood) => {
    const judged = logQuery.safeParse({ [name]: String(value) }).success

    expect([takesParameter('/api/logs', 'get', name, value), judged]).toEqual([isGood, isGood])
  })

  it.each([1, highest])('the id %s is taken', (id) => {
    expect(takesParameter('/api/proxies/{id}', 'get', 'id', id)).toBe(true)
    expect(idParameter.parse({ id: String(id) })).toEqual({ id })
  })

  it.each([0, -1, highest + 1, 'x'])('the id %s is refused', (id) => {
    expect(takesParameter('/api/proxies/{id}', 'get', 'id', id)).toBe(false)
    expect(idParameter.safeParse({ id: String(id) }).success).toBe(false)
  })

  it.each([
    ['true', true],
    ['True', true],
    ['1', true],
    ['off', true],
    ['', false],
    ['2', false],
    ['maybe', false],
  ])('release=%s: %s', (value, isGood) => {
    const described = takesParameter('/api/proxies/{id}', 'delete', 'release', value)

    expect([described, queryBoolean.safeParse(value).success]).toEqual([isGood, isGood])
  })

  it('may be empty where the description says so, and counts as not given', () => {
    const empty = Object.fromEntries(Object.keys(logQuery.shape).map((name) => [name, '']))
    const parameters = description.paths['/api/logs']?.['get']?.parameters ?? []

    expect(Object.values(logQuery.parse(empty)).every((value) => value === undefined)).toBe(true)
    expect(parameters).toEqual(parameters.map(() => expect.objectContaining({ allowEmptyValue: true }) as unknown))
  })
})

it('compares times in the one form that entries have', () => {
  const since = (time: string) => logQuery.parse({ since: time }).since

  expect(since('2026-01-31T08:15:30+07:00')).toBe('2026-01-31T01:15:30.000Z')
  expect(since('9999-12-31T23:59:59-10:00')).toBe('9999-12-31T23:59:59.999Z')
})
