import { z } from 'zod'

import { problemCode } from './problem.ts'
import { proxyKeyView, region } from './proxy-key.ts'
import { boundedText } from './text.ts'

export const maxImportLines = 1000
export const maxImportLineLength = 2000

/** importReason is why a line of an import asks for no key, in a word. */
export const importReason = z
  .enum([
    'empty',
    'comment',
    'header',
    'line_too_long',
    'no_key',
    'several_keys',
    'masked_key',
    'account_token',
    'name_missing',
    'name_like_key',
    'name_invalid',
    'region_unknown',
    'protocol_unknown',
    'too_many_fields',
    'same_key_above',
  ])
  .meta({ id: 'ImportReason' })

export type ImportReason = z.infer<typeof importReason>

export const importRequest = z
  .strictObject({
    text: z.string().meta({
      description:
        'One key a line, found by its looks wherever it stands in it; the rest of the line is name and region, with commas, semicolons, tabs, bars or blanks between them, or as the head of a table says. Blank lines and notes (#, //) are skipped. At most 1,000 lines of at most 2,000 characters.',
      example: 'K0123456789abcdef0123456789abcdef\nShop B,Kfedcba9876543210fedcba9876543210,bac',
    }),
    region: region.default('random').meta({ description: 'For lines that name none.' }),
    dry_run: z
      .boolean()
      .default(false)
      .meta({ description: 'Add nothing: tell of each line whether it is `ready` to be added.' }),
    only_lines: z.array(z.int().min(1).max(Number.MAX_SAFE_INTEGER)).max(maxImportLines).optional().meta({
      description: 'Only the lines with these numbers; the others are still read, as a head of a table may be.',
    }),
  })
  .meta({ id: 'ImportRequest' })

export const importLine = z
  .object({
    line: z.int().meta({ description: 'Number of the line, from 1.' }),
    status: z.enum(['added', 'ready', 'failed', 'skipped']),
    proxy: z.union([proxyKeyView, z.null()]),
    message: z.string(),
    code: z.union([problemCode, z.null()]).meta({ description: 'Of a line that failed.' }),
    reason: z.union([importReason, z.null()]).meta({ description: 'Why the line itself asks for no key.' }),
    name: z.string().nullable().meta({ description: 'The name in the line; null for none.' }),
    key: z
      .string()
      .nullable()
      .meta({ description: 'The provider key in the line, masked.', example: 'K6fa3db6...9c01ab' }),
    region: z.union([region, z.null()]),
    endpoint: z.string().nullable().meta({
      description: 'Of a key that was added; of one that is `ready`, the one that it will most likely get.',
    }),
  })
  .meta({ id: 'ImportLine' })

export type ImportLine = z.infer<typeof importLine>

export const importReply = z
  .object({ added: z.int(), failed: z.int(), skipped: z.int(), lines: z.array(importLine) })
  .meta({ id: 'ImportReply' })

export type ImportReply = z.infer<typeof importReply>

/** exportRequest asks for an export with whole provider keys: who only sits at a browser that is signed in must not get them. */
export const exportRequest = z
  .strictObject({ password: boundedText(1000).meta({ description: 'The password of who is signed in.' }) })
  .meta({ id: 'ExportRequest' })
