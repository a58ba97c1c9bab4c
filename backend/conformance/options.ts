import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { repositoryRoot } from '../test/support/process.ts'
import { contenderNames, type ContenderName } from './contenders.ts'

/** Where a suite comes from, and the option that tells the folder that it was cloned to. */
export const suites = [
  { option: 'curl', repository: 'https://github.com/curl/curl' },
  { option: 'http11probe', repository: 'https://github.com/MDA2AV/Http11Probe' },
  { option: 'desync-guardian', repository: 'https://github.com/aws/http-desync-guardian' },
  { option: 'python-socks', repository: 'https://github.com/romis2012/python-socks' },
] as const

export type SuiteOption = (typeof suites)[number]['option']

export interface Options {
  folders: Partial<Record<SuiteOption, string>>
  /** A checkout whose backend/dist is built. Default: this one. */
  product: string
  /** The Python that has what python-socks needs. */
  python: string
  contenders: ContenderName[]
  /** A file for the whole report; null for none. */
  out: string | null
}

const text = { type: 'string' } as const

/** readOptions reads the command line; a folder may also be in the environment, e.g. CONFORMANCE_DESYNC_GUARDIAN. */
export function readOptions(args: string[], environment: Record<string, string | undefined>): Options {
  const { values } = parseArgs({
    args,
    options: {
      curl: text,
      http11probe: text,
      'desync-guardian': text,
      'python-socks': text,
      product: text,
      python: text,
      only: text,
      out: text,
    },
  })
  const folders: Options['folders'] = {}
  for (const { option } of suites) {
    const folder = values[option] ?? environment[`CONFORMANCE_${option.toUpperCase().replace('-', '_')}`]
    if (folder !== undefined && folder !== '') folders[option] = resolve(folder)
  }
  const wanted = values.only?.toLowerCase().split(',')
  return {
    folders,
    product: resolve(values.product ?? repositoryRoot),
    python: values.python ?? 'python3',
    contenders: contenderNames.filter((name) => wanted === undefined || wanted.includes(name.toLowerCase())),
    out: values.out === undefined ? null : resolve(values.out),
  }
}
