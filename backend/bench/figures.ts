import { describe, median, spread, type Result } from './measure.ts'

/** Kind is a kind of work. */
export type Kind = 'tunnels' | 'resets' | 'requests' | 'download'

interface Round {
  /** Units a second. */
  rate: number
  /** CPU seconds of the proxy for each unit. */
  cpu: number
}

/** Figures are what each contender reached in each kind of work, round by round. */
export class Figures {
  readonly #rounds = new Map<string, (Round | null)[]>()

  /** Null is for a round in which it failed. */
  add(name: string, kind: Kind, round: Round | null): void {
    const key = `${name}, ${kind}`
    this.#rounds.set(key, [...(this.#rounds.get(key) ?? []), round])
  }

  of(name: string, kind: Kind, what: keyof Round): number[] {
    return this.#all(name, kind).flatMap((round) => (round === null ? [] : [round[what]]))
  }

  /** What one has of the other, in each round in which both worked: what they had to share was the same then. */
  ratios([name, kind]: Subject, [other, otherKind]: Subject, what: keyof Round): number[] {
    const others = this.#all(other, otherKind)
    return this.#all(name, kind).flatMap((round, index) => {
      const beside = others[index] ?? null
      return round === null || beside === null ? [] : [round[what] / beside[what]]
    })
  }

  #all(name: string, kind: Kind): readonly (Round | null)[] {
    return this.#rounds.get(`${name}, ${kind}`) ?? []
  }
}

type Subject = readonly [name: string, kind: Kind]

export const product = 'Stillpoint'
export const former = 'Stillpoint, before'
const floor = 'bare relay'
/** Requests of two endpoints in turn on each connection to the shared port. */
export const changing = 'Stillpoint, changing endpoints on the shared port'

const workOf: Record<Kind, string> = {
  tunnels: 'new tunnel, clients that close',
  resets: 'new tunnel, clients that reset',
  requests: 'kept-alive request',
  download: 'bulk',
}

/** renderFigures makes the table of all contenders. */
export function renderFigures(names: readonly string[], figures: Figures): string {
  const cell = (values: readonly number[], digits: number) =>
    values.length === 0 ? 'fails' : `${median(values).toFixed(digits)} ±${(spread(values) / 2).toFixed(0)}%`
  const cells = (name: string, kind: Kind, cpuUnits: number) => [
    cell(figures.of(name, kind, 'rate'), 0),
    cell(
      figures.of(name, kind, 'cpu').map((seconds) => seconds * cpuUnits),
      2,
    ),
  ]
  const rows = names.map((name) => [
    name,
    ...cells(name, 'tunnels', 10_000),
    ...cells(name, 'resets', 10_000),
    ...cells(name, 'requests', 10_000),
    ...cells(name, 'download', 1024),
  ])
  const head = [
    'proxy',
    'new tunnel + 1 request, client closes, per s',
    'CPU s per 10,000',
    'the same, client resets, per s',
    'CPU s per 10,000',
    'kept-alive plain GET, per s',
    'CPU s per 10,000',
    'bulk MB/s',
    'CPU s per GB',
  ]
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

/** compareFigures gives what the product has of the others; a contender that is not there gives no line. */
export function compareFigures(names: readonly string[], figures: Figures): Result[] {
  const against = (other: string, kind: Kind, what: keyof Round, target: string): Result[] => {
    if (!names.includes(other)) return []
    const name = what === 'rate' ? `${workOf[kind]}, rate` : `CPU per ${workOf[kind]}`
    const values = figures.ratios([product, kind], [other, kind], what)
    return [{ what: `${name}, against ${other}`, value: describe(values, 2, 'x'), target }]
  }
  const ofChanging = (what: keyof Round) =>
    describe(figures.ratios([changing, 'requests'], [product, 'requests'], what), 2, 'x')
  return [
    ...against(floor, 'tunnels', 'cpu', 'at most 1.15 x'),
    ...against(floor, 'resets', 'cpu', 'at most 1.15 x'),
    ...against('proxy-chain', 'tunnels', 'cpu', 'at most 0.45 x'),
    ...against('proxy-chain', 'resets', 'cpu', 'at most 0.45 x'),
    ...against(floor, 'requests', 'cpu', 'at most 1.25 x'),
    ...against('squid', 'requests', 'cpu', 'at most 0.45 x'),
    ...against(floor, 'download', 'rate', 'at least 0.95 x'),
    ...against(floor, 'download', 'cpu', 'at most 1.1 x'),
    ...(['tunnels', 'resets', 'requests', 'download'] as const).flatMap((kind) => against(former, kind, 'cpu', '-')),
    {
      what: 'requests of two endpoints in turn on a connection to the shared port, over those of one on its own port: CPU',
      value: ofChanging('cpu'),
      target: 'no more (1.0 x)',
    },
    { what: 'the same: rate', value: ofChanging('rate'), target: 'no less (1.0 x)' },
  ]
}
