import { z } from 'zod'

type Issue = z.core.$ZodRawIssue

const names: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
}

/** One voice for everything that is refused: each message goes on after the name of the field. */
const describers: Partial<Record<Issue['code'], (issue: Issue) => string | undefined>> = {
  invalid_type: (issue) => {
    if (issue.input === undefined) return 'is missing'
    const expected = 'expected' in issue ? String(issue.expected) : ''
    return `must be ${names[expected] ?? expected}`
  },
  invalid_value: (issue) =>
    'values' in issue ? `must be one of ${(issue.values as unknown[]).join(', ')}` : undefined,
  unrecognized_keys: (issue) => `has the unknown field ${'keys' in issue ? (issue.keys as string[]).join(', ') : ''}`,
  too_small: (issue) => describeBound(issue, 'minimum', 'at least'),
  too_big: (issue) => describeBound(issue, 'maximum', 'at most'),
}

function describeBound(issue: Issue, field: 'minimum' | 'maximum', words: string): string | undefined {
  if (!(field in issue)) return undefined
  const bound = String((issue as unknown as Record<string, unknown>)[field])
  const origin = 'origin' in issue ? issue.origin : ''
  if (origin === 'string') return `must have ${words} ${bound} characters`
  return origin === 'array' ? `must have ${words} ${bound} entries` : `must be ${words} ${bound}`
}

z.config({ customError: (issue) => describers[issue.code]?.(issue) })
